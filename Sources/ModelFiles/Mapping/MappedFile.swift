import Glibc

/// Read-only memory that holds one file, unmapped when the last reference goes.
///
/// A class rather than a `~Copyable` struct because the file, its metadata and each of its tensors all look into
/// the same mapping, and whichever of them lives longest must keep it alive.
///
/// The mapping is private and read-only. If another process *shortens* the file while it is mapped, touching the
/// lost pages raises `SIGBUS`; there is no defence against that short of copying the file. Replace model files by
/// renaming a new one over the old one, never by writing into them.
final class MappedFile: Sendable {
    /// The file's bytes, all of them.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: byteCount) }

    let byteCount: Int

    /// Whether dropped pages come back from disk; memory that was copied in would come back as zeros.
    let isBackedByFile: Bool

    // SAFETY: `start` and `region` point into memory that this object owns, that is never written after `init`, and
    // that is unmapped only in `deinit`, so sharing the addresses between threads is sharing constants.
    nonisolated(unsafe) private let start: UnsafeRawPointer
    nonisolated(unsafe) private let region: UnsafeMutableRawBufferPointer

    /// Maps a regular file.
    ///
    /// - Throws: ``ModelFileError/unreadable(path:reason:)`` when it can't be opened or mapped, isn't a regular
    ///   file, or is empty.
    init(path: String) throws(ModelFileError) {
        // Without O_NONBLOCK the opening of a named pipe would wait for somebody to write to it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw .unreadable(path: path, reason: Self.errorText(errno))
        }
        defer { close(descriptor) }  // The mapping keeps the file open on its own.

        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .unreadable(path: path, reason: Self.errorText(errno))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadable(path: path, reason: "it isn't a regular file")
        }
        guard let count = Int(exactly: status.st_size), count > 0 else {
            throw .unreadable(path: path, reason: "the file is empty")
        }
        guard let address = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw .unreadable(path: path, reason: Self.errorText(errno))
        }
        byteCount = count
        isBackedByFile = true
        start = UnsafeRawPointer(address)
        region = UnsafeMutableRawBufferPointer(start: address, count: count)
    }

    /// Copies bytes into memory of their own, so that they can be read like a file.
    ///
    /// The last byte is followed at once by a page that can't be read: a reader that looks one byte too far dies
    /// in a test instead of passing by luck.
    init(copying contents: [UInt8]) throws(ModelFileError) {
        let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
        let dataPages = (contents.count + pageSize - 1) / pageSize
        let total = (dataPages + 1) * pageSize
        guard
            let address = mmap(nil, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            address != MAP_FAILED
        else {
            throw .unreadable(path: "memory", reason: Self.errorText(errno))
        }
        let whole = UnsafeMutableRawBufferPointer(start: address, count: total)
        let first = dataPages * pageSize - contents.count
        UnsafeMutableRawBufferPointer(rebasing: whole[first..<first + contents.count]).copyBytes(from: contents)
        guard
            mprotect(address, dataPages * pageSize, PROT_READ) == 0,
            mprotect(address + dataPages * pageSize, pageSize, PROT_NONE) == 0
        else {
            let code = errno
            munmap(address, total)
            throw .unreadable(path: "memory", reason: Self.errorText(code))
        }
        byteCount = contents.count
        isBackedByFile = false
        start = UnsafeRawPointer(address + first)
        region = whole
    }

    deinit {
        munmap(region.baseAddress, region.count)
    }

    static func errorText(_ code: Int32) -> String {
        String(cString: strerror(code))
    }
}
