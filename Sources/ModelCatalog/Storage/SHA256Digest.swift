import COpenSSL
import Glibc

/// Computes SHA-256 of a file piece by piece, by OpenSSL.
struct SHA256Digest: ~Copyable {
    private let context: OpaquePointer

    init() {
        // Allocation failure and a missing SHA-256 are the only ways to fail here, and neither can be handled.
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("OpenSSL can't start a SHA-256 computation")
        }
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1)
    }

    /// The digest in lower-case hexadecimal.
    consuming func finish() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        precondition(EVP_DigestFinal_ex(context, &digest, nil) == 1)
        return digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    static func hexadecimal(of text: String) -> String {
        var digest = SHA256Digest()
        Array(text.utf8).withUnsafeBytes { digest.update($0) }
        return digest.finish()
    }

    /// Digests a file, and has its bytes written through to the disk: it is about to be declared whole.
    ///
    /// - Parameter progress: called with the number of bytes of each piece.
    static func digest(
        ofFile path: String, progress: (Int) throws(ModelCatalogError) -> Void
    ) throws(ModelCatalogError) -> (sha256: String, byteCount: Int) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path) }
        defer { close(descriptor) }

        var digest = SHA256Digest()
        var byteCount = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(path)
            }
            if count == 0 { break }
            digest.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            byteCount += count
            try progress(count)
        }
        guard fsync(descriptor) == 0 else { throw .system(path) }
        return (digest.finish(), byteCount)
    }
}

extension ModelCatalogError {
    /// What `errno` says about a path.
    static func system(_ path: String) -> ModelCatalogError {
        .fileSystem(path: path, reason: String(cString: strerror(errno)))
    }
}
