import Glibc

/// Keeps a bounded part of what a child prints: the start of its output, the end of its complaints.
struct OutputCollector {
    private static let outputLimit = 64 << 10
    private static let errorLimit = 4 << 10

    private var outputBytes: [UInt8] = []
    private var errorBytes: [UInt8] = []
    private var isOutputOpen = true
    private var areErrorsOpen = true

    var output: String { String(decoding: outputBytes, as: UTF8.self) }

    /// Trimmed, and without the control characters that progress bars are made of.
    var errorOutput: String {
        let text = String(decoding: errorBytes, as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).suffix(20).map { line in
            String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        }
        return lines.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// Waits until something was printed, at most as long as given, and reads it.
    mutating func wait(output: borrowing Pipe, errors: borrowing Pipe, milliseconds: Int32) {
        // A closed pipe is polled as -1, which poll skips: it would be "readable" all the time.
        var descriptors = [
            pollfd(fd: isOutputOpen ? output.readEnd : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: areErrorsOpen ? errors.readEnd : -1, events: Int16(POLLIN), revents: 0),
        ]
        // A child that has closed both is about to end.
        let patience = isOutputOpen || areErrorsOpen ? milliseconds : min(milliseconds, 5)
        if poll(&descriptors, 2, patience) > 0 {
            drain(output: output, errors: errors)
        }
    }

    mutating func drain(output: borrowing Pipe, errors: borrowing Pipe) {
        if isOutputOpen {
            isOutputOpen = Self.read(output.readEnd) { bytes in
                outputBytes.append(contentsOf: bytes.prefix(Self.outputLimit - outputBytes.count))
            }
        }
        if areErrorsOpen {
            areErrorsOpen = Self.read(errors.readEnd) { bytes in
                errorBytes.append(contentsOf: bytes)
                errorBytes.removeFirst(max(0, errorBytes.count - Self.errorLimit))
            }
        }
    }

    /// Reads all that is there; false when the writer has closed its end.
    private static func read(_ descriptor: Int32, _ take: (ArraySlice<UInt8>) -> Void) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count > 0 {
                take(buffer[..<count])
            } else if count == 0 {
                return false
            } else if errno != EINTR {
                return errno == EAGAIN
            }
        }
    }
}
