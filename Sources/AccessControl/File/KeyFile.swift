import Glibc

/// The file that holds the keys: who may read it, and how it changes.
///
/// A change replaces the file as a whole, so that a server that reads meanwhile sees the old or the new one; those who
/// change it wait for each other. The new file has the owner and the mode of the old one.
public struct KeyFile: Sendable {
    public let path: String

    private static let maximumBytes = 16 << 20
    /// What nobody but the owner may do, except that its group may read: who can write the file can make keys.
    private static let forbiddenMode: mode_t = 0o037

    public init(path: String) { self.path = path }

    /// Reads the keys.
    public func load() throws(KeyFileError) -> KeyList {
        let file = try OpenedFile(path, O_RDONLY)
        try check(file.status())
        return try parse(file)
    }

    /// Changes the keys. Where there is no file, `change` begins with none and the file is made.
    public func update<Result>(
        _ change: (inout KeyList) throws(KeyListError) -> Result
    ) throws(KeyFileError) -> Result {
        // What the path leads to is replaced, not a link on the way.
        let target = resolvedPath
        let folder = try OpenedFile(Self.folder(of: target), O_RDONLY | O_DIRECTORY)
        // The file itself cannot carry the lock, since every change puts another one in its place.
        try folder.lock()
        let (keys, status) = try existing(target)
        var changed = keys
        let result: Result
        do throws(KeyListError) {
            result = try change(&changed)
        } catch {
            throw .refused(error)
        }
        if changed != keys || status == nil {
            try replace(target, with: changed.serialized(), like: status, in: folder)
        }
        return result
    }

    private func existing(_ target: String) throws(KeyFileError) -> (KeyList, stat?) {
        guard access(target, F_OK) == 0 || errno != ENOENT else { return (KeyList(), nil) }
        let file = try OpenedFile(target, O_RDONLY)
        let status = try file.status()
        try check(status)
        return (try parse(file), status)
    }

    private func parse(_ file: borrowing OpenedFile) throws(KeyFileError) -> KeyList {
        let text = try file.contents(upTo: Self.maximumBytes)
        do throws(KeyFormatError) {
            return try KeyList(parsing: text)
        } catch {
            throw .malformed(path: path, reason: error.description)
        }
    }

    private func check(_ status: stat) throws(KeyFileError) {
        guard status.st_mode & S_IFMT == S_IFREG else { throw .malformed(path: path, reason: "it is not a file") }
        guard status.st_mode & Self.forbiddenMode == 0 else { throw .exposed(path: path, mode: status.st_mode & 0o777) }
        // Root looks after the files of others: `sudo needletail keys add` for a service with a user of its own.
        guard [0, geteuid()].contains(status.st_uid) || geteuid() == 0 else {
            throw .foreign(path: path, owner: Int(status.st_uid))
        }
    }

    private func replace(
        _ target: String, with text: [UInt8], like old: stat?, in folder: borrowing OpenedFile
    ) throws(KeyFileError) {
        let file = try OpenedFile(temporaryBeside: target)
        var isInPlace = false
        defer { if !isInPlace { unlink(file.path) } }
        if let old {
            let isOthers = old.st_uid != geteuid() || old.st_gid != getegid()
            guard !isOthers || fchown(file.descriptor, old.st_uid, old.st_gid) == 0,
                fchmod(file.descriptor, old.st_mode & 0o777) == 0
            else { throw .system(target, "keep its owner and mode") }
        }
        try file.write(text)
        guard rename(file.path, target) == 0 else { throw .system(target, "replace it") }
        isInPlace = true
        try folder.synchronize()
    }

    private var resolvedPath: String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// Why keys cannot be read or changed.
public enum KeyFileError: Error, CustomStringConvertible {
    case system(path: String, action: String, reason: String)
    case malformed(path: String, reason: String)
    case exposed(path: String, mode: UInt32)
    case foreign(path: String, owner: Int)
    case refused(KeyListError)

    public var description: String {
        switch self {
        case .system(let path, let action, let reason): "key file \(path): cannot \(action): \(reason)"
        case .malformed(let path, let reason): "key file \(path): \(reason)"
        case .exposed(let path, let mode):
            "key file \(path): others may read or change it (mode \(String(mode, radix: 8))); chmod 600 it"
        case .foreign(let path, let owner):
            "key file \(path): it belongs to another user (\(owner)), who could make keys; chown it"
        case .refused(let error): error.description
        }
    }

    /// What `errno` says.
    static func system(_ path: String, _ action: String) -> KeyFileError {
        .system(path: path, action: action, reason: String(cString: strerror(errno)))
    }
}
