import Glibc

/// The right to change a store, held by one pull at a time.
///
/// An advisory lock on a file: the kernel drops it when its holder dies, so there is no stale lock to clean up.
enum StoreLock {
    /// - Throws: ``ModelCatalogError/busy(store:)`` when another process, or another pull in this one, holds it.
    static func whileHeld<Result>(
        root: String, _ body: () throws(ModelCatalogError) -> Result
    ) throws(ModelCatalogError) -> Result {
        let path = root + "/.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(path) }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { throw .busy(store: root) }
            throw .system(path)
        }
        // Closing is not enough: a child that another thread has just forked holds a copy of the descriptor, and with it
        // the lock, until it executes its program.
        defer { flock(descriptor, LOCK_UN) }
        return try body()
    }
}
