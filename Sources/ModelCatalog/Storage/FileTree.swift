import FoundationEssentials
import Glibc

/// The few things that the store does with files and folders.
enum FileTree {
    static func createDirectory(_ path: String) throws(ModelCatalogError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .fileSystem(path: path, reason: "can't create the folder: \(error)")
        }
    }

    /// Removes a file or a folder with everything in it; links are removed, not followed.
    static func remove(_ path: String) throws(ModelCatalogError) {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw .fileSystem(path: path, reason: "can't remove it: \(error)")
        }
    }

    /// Names in a folder, sorted; empty when there is no such folder.
    static func names(in path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// What is at a path after following links; nil when there is nothing.
    static func status(_ path: String) -> (isDirectory: Bool, byteCount: Int)? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return (status.st_mode & S_IFMT == S_IFDIR, Int(status.st_size))
    }

    static func isFile(_ path: String) -> Bool { status(path)?.isDirectory == false }

    /// Bytes of all files under a folder, while another process may be changing it.
    static func byteCount(under path: String) -> Int {
        guard let enumerator = FileManager.default.subpathsIfReadable(path) else { return 0 }
        return enumerator.reduce(0) { sum, name in
            guard let item = status(path + "/" + name), !item.isDirectory else { return sum }
            return sum + item.byteCount
        }
    }

    static func rename(_ old: String, to new: String) throws(ModelCatalogError) {
        guard Glibc.rename(old, new) == 0 else { throw .system(new) }
    }

    /// Has a folder's list of names written to the disk.
    static func synchronizeDirectory(_ path: String) throws(ModelCatalogError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system(path) }
    }

    /// Writes a small file through to the disk.
    static func write(_ text: String, to path: String) throws(ModelCatalogError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(path) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw .system(path)
            }
        }
        guard fsync(descriptor) == 0 else { throw .system(path) }
    }

    /// The text of a small file; nil when it can't be read or is too long to be one of ours.
    static func readText(_ path: String, limit: Int) -> String? {
        guard let item = status(path), !item.isDirectory, item.byteCount <= limit,
            let data = FileManager.default.contents(atPath: path)
        else { return nil }
        return String(validating: data, as: UTF8.self)
    }

    static func freeByteCount(at path: String) -> Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let (bytes, overflow) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
        return overflow ? Int.max : bytes
    }
}

extension FileManager {
    fileprivate func subpathsIfReadable(_ path: String) -> [String]? {
        try? subpathsOfDirectory(atPath: path)
    }
}
