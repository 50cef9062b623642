import Glibc

/// Text on the two standard streams, written at once.
enum Output {
    static func write(_ text: String) { write(text, to: STDOUT_FILENO) }

    static func writeLine(_ text: String = "") { write(text + "\n") }

    static func writeError(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Nobody is told when a stream is closed: a pipe into `head` is no fault.
    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// One line on the terminal that is rewritten while long work goes on; silent where standard error is no terminal.
struct ProgressLine {
    private let isShown = Output.isErrorTerminal

    func show(_ text: String) {
        if isShown { Output.writeError("\r\u{1B}[K\(text)") }
    }

    func end() {
        if isShown { Output.writeError("\r\u{1B}[K") }
    }
}
