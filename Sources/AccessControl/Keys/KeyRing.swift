import Synchronization

/// The keys that a running server knows.
///
/// Requests look at a snapshot; a reload puts another one in its place and disturbs nobody.
public final class KeyRing: Sendable {
    private struct Entry: Sendable {
        var key: APIKey
        var usage: KeyUsage
    }

    /// What a presented secret turned out to be.
    public enum Verdict: Sendable {
        case accepted(APIKey, KeyUsage)
        /// A key that is known and no longer valid; its owner may be told why.
        case lapsed(APIKey, APIKey.State)
        case unknown
    }

    private let entries: Mutex<[Entry]>

    public init(_ keys: KeyList) {
        entries = Mutex(keys.keys.map { Entry(key: $0, usage: KeyUsage($0.limits)) })
    }

    /// Takes other keys. Those that stay keep what they have used of their limits.
    public func replace(with keys: KeyList) {
        entries.withLock { entries in
            let usages = Dictionary(entries.map { ($0.key.id, $0.usage) }) { first, _ in first }
            entries = keys.keys.map { key in
                guard let usage = usages[key.id] else { return Entry(key: key, usage: KeyUsage(key.limits)) }
                usage.change(to: key.limits)
                return Entry(key: key, usage: usage)
            }
        }
    }

    public var keys: [APIKey] { entries.withLock { $0.map(\.key) } }

    /// Finds the key of a secret.
    ///
    /// Every key is compared, whichever fits, and comparing digests takes the same time for any two: how long an answer
    /// takes tells nothing about the keys.
    public func verify(_ secret: String, at now: Timestamp) -> Verdict {
        let presented = KeyDigest(of: secret)
        let entries = entries.withLock { $0 }
        // One more than the index of the key that fits; digests are unique, so at most one does.
        var found: UInt64 = 0
        for index in entries.indices {
            found |= entries[index].key.digest.equalityMask(presented) & UInt64(truncatingIfNeeded: index + 1)
        }
        guard found > 0 else { return .unknown }
        let entry = entries[Int(found) - 1]
        let state = entry.key.state(at: now)
        return state == .active ? .accepted(entry.key, entry.usage) : .lapsed(entry.key, state)
    }
}
