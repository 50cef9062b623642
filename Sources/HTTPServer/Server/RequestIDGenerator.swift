import Synchronization

/// Makes request ids: `req_` and 32 hexadecimal digits, different for every request of every process.
///
/// They name requests, they guard nothing: uniqueness matters and secrecy does not, so one random number per process
/// and a counter do, at no system call per request.
final class RequestIDGenerator: Sendable {
    private let process = UInt64.random(in: .min ... .max)
    private let counter = Atomic(UInt64.random(in: .min ... .max))

    func next() -> String {
        let count = counter.wrappingAdd(1, ordering: .relaxed).newValue
        // Multiplying by an odd number permutes all values, so that neighbours do not look alike in a log.
        let mixed = count &* 0x9E37_79B9_7F4A_7C15
        return String(unsafeUninitializedCapacity: 36) { buffer in
            let prefix: StaticString = "req_"
            prefix.withUTF8Buffer { _ = buffer.update(fromContentsOf: $0) }
            Self.write(process, to: UnsafeMutableBufferPointer(rebasing: buffer[4..<20]))
            Self.write(mixed, to: UnsafeMutableBufferPointer(rebasing: buffer[20..<36]))
            return 36
        }
    }

    /// The client's id if it is harmless in a header and in a log: 1 to 128 of `A-Z a-z 0-9 . _ -`.
    static func accepted(_ id: String?) -> String? {
        guard let id, (1...128).contains(id.utf8.count),
            id.utf8.allSatisfy({ $0.isUnreserved && $0 != UInt8(ascii: "~") })
        else { return nil }
        return id
    }

    private static func write(_ value: UInt64, to buffer: UnsafeMutableBufferPointer<UInt8>) {
        for index in buffer.indices {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * index)) & 0xF
            buffer[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        }
    }
}
