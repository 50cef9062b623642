import Glibc
import Synchronization

/// Text on the two standard streams, written at once.
enum Output {
    /// What first went wrong with standard output, as `errno` says it; 0 if nothing did.
    private static let failure = Mutex<Int32>(0)

    /// Whether what a command still has to say would be lost.
    static var isBroken: Bool { failure.withLock { $0 != 0 } }

    static func write(_ text: String) { write(text, to: STDOUT_FILENO) }

    static func writeLine(_ text: String = "") { write(text + "\n") }

    static func writeError(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Ends the process with an error if not everything could be written: who reads a file that a full disk cut short must
    /// be able to know. A pipe that the reader has closed needs no message.
    static func exitIfBroken() {
        let number = failure.withLock { $0 }
        guard number != 0 else { return }
        if number != EPIPE { writeError("needletail: cannot write the output: \(String(cString: strerror(number)))\n") }
        exit(EXIT_FAILURE)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                if descriptor == STDOUT_FILENO {
                    let number = errno
                    failure.withLock { $0 = $0 == 0 ? number : $0 }
                }
                return
            }
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
