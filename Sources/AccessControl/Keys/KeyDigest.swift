import COpenSSL

/// The SHA-256 of a key, which is all that is kept of it.
///
/// A plain hash is enough: a key is random and has more than 256 bits, so there is nothing to guess and a salt or a slow
/// hash would protect nothing.
public struct KeyDigest: Hashable, Sendable {
    let words: SIMD4<UInt64>

    public init(of secret: String) {
        var secret = secret
        self = secret.withUTF8 { Self.digest(UnsafeRawBufferPointer($0)) }
    }

    static func digest(_ bytes: UnsafeRawBufferPointer) -> KeyDigest {
        var words = SIMD4<UInt64>()
        withUnsafeMutableBytes(of: &words) { digest in
            // Allocation failure and a missing SHA-256 are the only ways to fail here, and neither can be handled.
            precondition(
                EVP_Digest(bytes.baseAddress, bytes.count, digest.baseAddress, nil, EVP_sha256(), nil) == 1,
                "OpenSSL can't compute SHA-256")
        }
        return KeyDigest(words: words)
    }

    private init(words: SIMD4<UInt64>) {
        self.words = words
    }

    /// All bits set if the digests are equal, none if not; takes the same time for any two digests.
    func equalityMask(_ other: KeyDigest) -> UInt64 {
        let difference = words ^ other.words
        let bits = difference[0] | difference[1] | difference[2] | difference[3]
        // The top bit of `bits | -bits` is set unless `bits` is 0.
        return ((bits | (0 &- bits)) &>> 63) &- 1
    }
}

extension KeyDigest {
    /// The digest as 64 lower-case hexadecimal digits.
    public var hexadecimal: String {
        withUnsafeBytes(of: words) { bytes in
            bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        }
    }

    /// - Returns: nil unless `text` is 64 hexadecimal digits.
    public init?(hexadecimal text: String) {
        let digits = text.utf8.compactMap { digit -> UInt8? in
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        guard digits.count == 64, text.utf8.count == 64 else { return nil }
        var words = SIMD4<UInt64>()
        withUnsafeMutableBytes(of: &words) { bytes in
            for index in bytes.indices { bytes[index] = digits[2 * index] << 4 | digits[2 * index + 1] }
        }
        self.init(words: words)
    }
}
