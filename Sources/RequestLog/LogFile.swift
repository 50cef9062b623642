import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The path of a request log and what may be done to the files there: the database and its two companions.
struct LogFile {
    let path: String

    /// A database ready for writing, and what had to happen on the way.
    typealias Opened = (database: LogDatabase, moved: RequestLogEvent?)

    /// Creates the folder of the file, closed to other users, where there is none.
    func makeFolder() throws(RequestLogError) {
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try Self.makeFolder(String(path[..<slash]))
        }
    }

    /// Opens the database. A damaged one is moved aside first and a new one begun.
    func openDatabase(limits: RequestLog.Limits) throws(RequestLogError) -> Opened {
        do {
            try create()
            return (try LogDatabase(path: path, limits: limits), nil)
        } catch let error as RequestLogError {
            throw error
        } catch {
            guard case .damaged(let reason) = WriteFailure(error) else {
                throw .cannotOpen(path: path, reason: "\(error)")
            }
            return try openAnew(limits: limits, reason: reason)
        }
    }

    /// Moves the file aside and begins a new one.
    func openAnew(limits: RequestLog.Limits, reason: String) throws(RequestLogError) -> Opened {
        let aside = try moveAside()
        do {
            try create()
            return (try LogDatabase(path: path, limits: limits), .movedAside(path: aside, reason: reason))
        } catch let error as RequestLogError {
            throw error
        } catch {
            throw .cannotOpen(path: path, reason: "\(error)")
        }
    }

    /// Creates an empty file that only its owner may read, unless there is one already.
    private func create() throws(RequestLogError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            _ = close(descriptor)
        } else if errno != EEXIST {
            throw .cannotOpen(path: path, reason: SystemError.description(errno))
        }
    }

    /// Renames the file, and its write-ahead log so that what can be read can be read together.
    private func moveAside() throws(RequestLogError) -> String {
        let seconds = time(nil)
        var aside = "\(path).corrupt-\(seconds)"
        var suffix = 1
        while access(aside, F_OK) == 0 {
            suffix += 1
            aside = "\(path).corrupt-\(seconds)-\(suffix)"
        }
        guard rename(path, aside) == 0 else {
            throw .cannotOpen(path: path, reason: "cannot move it aside: \(SystemError.description(errno))")
        }
        guard rename(path + "-wal", aside + "-wal") == 0 || errno == ENOENT else {
            throw .cannotOpen(path: path + "-wal", reason: "cannot move it aside: \(SystemError.description(errno))")
        }
        // The index of the old write-ahead log: it would be wrong for a new one, and is made anew from the file.
        guard unlink(path + "-shm") == 0 || errno == ENOENT else {
            throw .cannotOpen(path: path + "-shm", reason: "cannot remove it: \(SystemError.description(errno))")
        }
        return aside
    }

    private static func makeFolder(_ folder: String) throws(RequestLogError) {
        if mkdir(folder, 0o700) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
            try makeFolder(String(folder[..<slash]))
            if mkdir(folder, 0o700) == 0 || errno == EEXIST { return }
        }
        throw .cannotOpen(path: folder, reason: SystemError.description(errno))
    }
}
