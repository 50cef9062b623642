#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The right of this object to be the only writer of a request log, held for its lifetime.
///
/// SQLite before 3.51.3 can damage a database in WAL mode when two connections write or checkpoint it at once,
/// and such versions are in wide use; so a second server on the same file must be refused and not merely queue.
/// The lock is on a file of its own: a lock on the database would be lost when the file is moved aside, and closing
/// any descriptor of the database would drop SQLite's own locks.
final class OwnershipLock: Sendable {
    private let descriptor: Int32

    init(guarding path: String) throws(RequestLogError) {
        descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw .cannotOpen(path: path + ".lock", reason: SystemError.description(errno))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            _ = close(descriptor)
            if code == EWOULDBLOCK { throw .inUse(path: path) }
            throw .cannotOpen(path: path + ".lock", reason: SystemError.description(code))
        }
    }

    deinit {
        _ = close(descriptor)
    }
}

/// The words of the system for one of its error codes.
enum SystemError {
    static func description(_ code: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress else { return "error \(code)" }
            buffer.initialize(repeating: 0)
            // SAFETY: the POSIX variant, which Swift imports, fills the buffer; it was zeroed, and its last byte stays.
            _ = strerror_r(code, base, buffer.count - 1)
            return String(cString: base)
        }
    }
}
