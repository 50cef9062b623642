/// The keys of a file, and the rules that hold among them.
public struct KeyList: Hashable, Sendable {
    public private(set) var keys: [APIKey] = []

    /// How many keys there may be: every request is compared with each.
    public static let maximumCount = 10_000

    public init() {}

    /// - Throws: `KeyListError` if two keys share an id or a digest, two keys in use a name, or there are too many.
    init(_ keys: [APIKey]) throws(KeyListError) {
        guard keys.count <= Self.maximumCount else { throw .tooMany }
        if let id = Self.firstRepeated(keys.map(\.id)) { throw .repeatedID(id) }
        if let digest = Self.firstRepeated(keys.map(\.digest)) { throw .repeatedDigest(digest) }
        if let name = Self.firstRepeated(keys.filter({ $0.revoked == nil }).map(\.name)) { throw .nameInUse(name) }
        self.keys = keys
    }

    /// Adds a key with a new secret.
    ///
    /// - Returns: the secret, which nothing else holds, and what is kept of the key.
    public mutating func add(
        name: String, scopes: Set<KeyScope> = [.infer], expires: Timestamp? = nil, limits: KeyLimits = KeyLimits(),
        at now: Timestamp
    ) throws(KeyListError) -> (secret: KeySecret, key: APIKey) {
        guard APIKey.isName(name) else { throw .invalidName(name) }
        let secret = KeySecret()
        let key = APIKey(
            id: KeySecret.makeID(), name: name, digest: KeyDigest(of: secret.text), prefix: secret.prefix,
            scopes: scopes, created: now, expires: expires, revoked: nil, limits: limits)
        self = try KeyList(keys + [key])
        return (secret, key)
    }

    /// Takes a key back, for good.
    ///
    /// - Parameter idOrName: an id, or the name of a key in use.
    /// - Returns: the key; one that was revoked already stays as it is.
    public mutating func revoke(_ idOrName: String, at now: Timestamp) throws(KeyListError) -> APIKey {
        let index =
            keys.firstIndex { $0.id == idOrName } ?? keys.firstIndex { $0.name == idOrName && $0.revoked == nil }
            ?? keys.lastIndex { $0.name == idOrName }
        guard let index else { throw .unknown(idOrName) }
        if keys[index].revoked == nil { keys[index].revoked = now }
        return keys[index]
    }

    private static func firstRepeated<Element: Hashable>(_ elements: [Element]) -> Element? {
        var seen: Set<Element> = []
        return elements.first { !seen.insert($0).inserted }
    }
}

/// A rule among keys is broken.
public enum KeyListError: Error, Hashable, CustomStringConvertible {
    case invalidName(String)
    case nameInUse(String)
    case repeatedID(String)
    case repeatedDigest(KeyDigest)
    case unknown(String)
    case tooMany

    public var description: String {
        switch self {
        case .invalidName(let name):
            "'\(name)' can't be a key's name: it takes 1 to 64 letters, digits and any of . _ - @ :"
        case .nameInUse(let name): "the name '\(name)' is in use by another key; revoke that one or take another name"
        case .repeatedID(let id): "two keys have the id '\(id)'"
        case .repeatedDigest(let digest):
            "two entries are for the same key (sha256 \(digest.hexadecimal.prefix(12))...)"
        case .unknown(let text): "there is no key with the id or name '\(text)'"
        case .tooMany: "there are more than \(KeyList.maximumCount) keys"
        }
    }
}
