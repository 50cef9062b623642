import AccessControl
import Logging

/// The keys of a running server and the file that they come from.
struct ServedKeys: Sendable {
    let ring: KeyRing
    private let file: KeyFile

    /// - Throws: `KeyFileError`; a server whose keys cannot be read must not start.
    init(path: String) throws(KeyFileError) {
        file = KeyFile(path: path)
        ring = KeyRing(try file.load())
    }

    /// Reads the file again. If that fails, the keys stay as they are.
    ///
    /// - Returns: the ids of keys that could be used before and can be no longer.
    func reload(_ logger: Logger) -> Set<String> {
        do throws(KeyFileError) {
            // One that has expired by itself counts as well: nobody has taken away yet what it left behind.
            let before = ring.keys.filter { $0.revoked == nil }.map(\.id)
            ring.replace(with: try file.load())
            report(to: logger)
            let now = Timestamp(unixSeconds: UnixTime.now)
            return Set(before).subtracting(ring.keys.filter { $0.state(at: now) == .active }.map(\.id))
        } catch {
            logger.error("API keys are not reloaded, those of before remain: \(error)")
            return []
        }
    }

    func report(to logger: Logger) {
        let now = Timestamp(unixSeconds: UnixTime.now)
        let states = ring.keys.map { $0.state(at: now) }
        func count(_ state: APIKey.State) -> Int { states.count { $0 == state } }
        let summary = "API keys: \(count(.active)) active, \(count(.expired)) expired, \(count(.revoked)) revoked"
        // A server that nobody can use is no fault of its own, but hardly what was meant.
        logger.log(level: count(.active) == 0 ? .warning : .info, "\(summary)")
    }
}
