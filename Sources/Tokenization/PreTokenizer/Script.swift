/// One of Unicode's scripts (UAX 24).
struct Script: Hashable, Sendable {
    /// Its place in the table.
    private let number: UInt8

    private init(number: UInt8) {
        self.number = number
    }

    /// The script of a name such as `Han`, nil if there is none.
    init?(named name: String) {
        guard let number = Table.shared.names.firstIndex(of: name) else { return nil }
        self.init(number: UInt8(truncatingIfNeeded: number))
    }

    /// The script of a scalar, nil for unassigned ones.
    init?(of scalar: UInt32) {
        guard let number = Table.shared.script(of: scalar) else { return nil }
        self.init(number: number)
    }

    func contains(_ scalar: UInt32) -> Bool {
        Table.shared.script(of: scalar) == number
    }

    /// All ranges of all scripts in ascending order, to be searched by halves.
    private struct Table: Sendable {
        static let shared = Table()

        var names: [String] = []
        private var starts: [UInt32] = []
        private var ends: [UInt32] = []
        private var scripts: [UInt8] = []

        private init() {
            var ranges: [(start: UInt32, end: UInt32, script: UInt8)] = []
            for line in ScriptRanges.text.split(separator: "\n") {
                var words = line.split(separator: " ")
                if !line.hasPrefix(" ") { names.append(String(words.removeFirst())) }
                let script = UInt8(truncatingIfNeeded: names.count - 1)
                for word in words {
                    let bounds = word.split(separator: "-").compactMap { UInt32($0, radix: 16) }
                    guard let start = bounds.first, let end = bounds.last else { continue }
                    ranges.append((start, end, script))
                }
            }
            ranges.sort { $0.start < $1.start }
            starts = ranges.map(\.start)
            ends = ranges.map(\.end)
            scripts = ranges.map(\.script)
        }

        func script(of scalar: UInt32) -> UInt8? {
            var low = 0
            var high = starts.count
            while low < high {
                let middle = (low + high) / 2
                if starts[middle] <= scalar { low = middle + 1 } else { high = middle }
            }
            return low > 0 && scalar <= ends[low - 1] ? scripts[low - 1] : nil
        }
    }
}

extension Script {
    private static let han = Script(named: "Han")
    private static let kana = [Script(named: "Hiragana"), Script(named: "Katakana")]

    /// Cuts where the script changes, as the `tokenizers` library does: Japanese counts as one script with Chinese; a
    /// space and whatever has no script belong to what stands before them, and go away at the beginning.
    static func appendRuns(_ text: borrowing Span<UInt8>, _ piece: Range<Int>, to parts: inout [Range<Int>]) {
        var start: Int?
        var last: Script?
        var index = piece.lowerBound
        while index < piece.upperBound {
            let scalar = text.scalar(at: index)
            if scalar.value != 0x20, let own = Script(of: scalar.value) {
                let script = scalar.value == 0x30FC || Self.kana.contains(own) ? Self.han : own
                if script != last {
                    if let start { parts.append(start..<index) }
                    start = index
                }
                last = script
            }
            index = scalar.next
        }
        if let start { parts.append(start..<piece.upperBound) }
    }
}
