import Glibc

/// An open file or folder, closed with its last use.
struct OpenedFile: ~Copyable {
    let path: String
    let descriptor: Int32

    init(_ path: String, _ flags: Int32) throws(KeyFileError) {
        self.path = path
        descriptor = open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path, "open it") }
    }

    /// A new file of a name of its own in the same folder, which only its owner may read.
    init(temporaryBeside neighbour: String) throws(KeyFileError) {
        path = "\(neighbour).\(KeySecret.random(8))"
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(neighbour, "write beside it") }
    }

    deinit {
        if descriptor >= 0 { _ = close(descriptor) }
    }

    func status() throws(KeyFileError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(path, "look at it") }
        return status
    }

    /// Waits until nobody else holds the lock; it goes with the descriptor.
    func lock() throws(KeyFileError) {
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw .system(path, "lock it") }
        }
    }

    func contents(upTo limit: Int) throws(KeyFileError) -> [UInt8] {
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(path, "read it")
            }
            if count == 0 { return contents }
            guard contents.count + count <= limit else {
                throw .malformed(path: path, reason: "it is larger than \(limit) bytes")
            }
            contents += buffer[..<count]
        }
    }

    /// Writes everything, through to the disk.
    func write(_ bytes: [UInt8]) throws(KeyFileError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(path, "write it")
            }
            rest = rest.dropFirst(count)
        }
        try synchronize()
    }

    func synchronize() throws(KeyFileError) {
        guard fsync(descriptor) == 0 else { throw .system(path, "write it to the disk") }
    }
}
