import Glibc

/// Text on the two standard streams, written at once.
enum Output {
    static func write(_ text: String) { fputs(text, stdout); fflush(stdout) }

    static func writeLine(_ text: String = "") { write(text + "\n") }

    static func writeError(_ text: String) { fputs(text, stderr) }

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
