import Glibc

extension GGUFWriter {
    /// The whole file in memory, for small files.
    public func encoded() throws -> [UInt8] {
        var result: [UInt8] = []
        try emit { result.append(contentsOf: $0) }
        return result
    }

    /// Writes the file under a temporary name and renames it, so that `path` never holds half a file.
    ///
    /// - Throws: ``ModelFileError``, or what a tensor's producer throws.
    public func write(to path: String) throws {
        let partial = "\(path).partial.\(getpid())"
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ModelFileError.unreadable(path: partial, reason: MappedFile.errorText(errno))
        }
        do {
            defer { close(descriptor) }
            try emit { try Self.writeAll($0, to: descriptor, path: partial) }
            guard fsync(descriptor) == 0 else {
                throw ModelFileError.unreadable(path: partial, reason: MappedFile.errorText(errno))
            }
        } catch {
            unlink(partial)
            throw error
        }
        guard rename(partial, path) == 0 else {
            let code = errno
            unlink(partial)
            throw ModelFileError.unreadable(path: path, reason: MappedFile.errorText(code))
        }
    }

    private func emit(_ output: ([UInt8]) throws -> Void) throws {
        var header = encodedHeader()
        header.append(contentsOf: padding(after: header.count))
        try output(header)
        for tensor in tensors {
            let bytes = try tensor.bytes()
            guard bytes.count == tensor.byteCount else {
                throw ModelFileError.malformed(
                    field: "tensor \(quoted(tensor.name))",
                    reason: "\(bytes.count) bytes produced, but \(tensor.byteCount) are needed")
            }
            try output(bytes)
            try output(padding(after: bytes.count))
        }
    }

    private func encodedHeader() -> [UInt8] {
        var bytes = Array("GGUF".utf8)
        bytes.appendLittleEndian(UInt32(3))
        bytes.appendLittleEndian(UInt64(tensors.count))
        bytes.appendLittleEndian(UInt64(metadata.count))
        for (key, value) in metadata {
            bytes.appendGGUFString(key)
            bytes.appendLittleEndian(value.type.rawValue)
            value.encode(into: &bytes)
        }
        var offset = 0
        for tensor in tensors {
            bytes.appendGGUFString(tensor.name)
            bytes.appendLittleEndian(UInt32(tensor.shape.count))
            for length in tensor.shape {
                bytes.appendLittleEndian(UInt64(length))
            }
            bytes.appendLittleEndian(tensor.type.rawValue)
            bytes.appendLittleEndian(UInt64(offset))
            offset += tensor.byteCount + padding(after: tensor.byteCount).count
        }
        return bytes
    }

    private func padding(after count: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: (alignment - count % alignment) % alignment)
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(ModelFileError) {
        var written = 0
        while written < bytes.count {
            let result = bytes.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
                return Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if result >= 0 {
                written += result
            } else if errno != EINTR {
                throw .unreadable(path: path, reason: MappedFile.errorText(errno))
            }
        }
    }
}
