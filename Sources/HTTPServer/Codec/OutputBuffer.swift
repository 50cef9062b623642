/// Response bytes on their way to a socket: appended at the end, taken from the front.
///
/// One contiguous run, so that a head, its body and the responses of pipelined requests leave in a single `write`.
struct OutputBuffer: Sendable {
    private var bytes: [UInt8] = []
    private var sent = 0

    /// Bytes not yet taken by the socket.
    var count: Int { bytes.count - sent }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ content: [UInt8]) {
        bytes.append(contentsOf: content)
    }

    mutating func append(_ content: UnsafeBufferPointer<UInt8>) {
        bytes.append(contentsOf: content)
    }

    mutating func append(decimal value: Int) {
        append(digitsOf: UInt(value.magnitude), radix: 10)
    }

    mutating func append(hexadecimal value: Int) {
        append(digitsOf: UInt(value.magnitude), radix: 16)
    }

    private mutating func append(digitsOf value: UInt, radix: UInt) {
        var divisor: UInt = 1
        while value / divisor >= radix { divisor *= radix }
        while divisor > 0 {
            let digit = UInt8(value / divisor % radix)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            divisor /= radix
        }
    }

    /// Offers the waiting bytes to `body`, which says how many it took.
    mutating func drain(_ body: (UnsafeRawBufferPointer) -> Int) {
        sent += bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
        if sent == bytes.count {
            removeAll()
        } else if sent > 64 * 1024, sent > bytes.count / 2 {
            // Each byte moves at most once on average, however large the response.
            bytes.removeSubrange(0..<sent)
            sent = 0
        }
    }

    mutating func removeAll() {
        // Idle connections must be cheap: only a small buffer is kept.
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1024)
        sent = 0
    }
}
