/// Finds stop strings in text that arrives in pieces, and holds back text that may turn out to be the start of one.
struct StopMatcher {
    private let stops: [[UInt8]]
    /// Text received but not yet released: a proper prefix of some stop string.
    private var held: [UInt8] = []

    init(stops: [String]) {
        self.stops = stops.filter { !$0.isEmpty }.map { Array($0.utf8) }
    }

    /// Takes more text; returns what is certain not to belong to a stop string, and whether one is complete.
    ///
    /// When several stops occur, the one that starts first ends the text; nothing after it is released.
    mutating func append(_ text: String) -> (released: String, isMatched: Bool) {
        if stops.isEmpty { return (text, false) }
        held.append(contentsOf: text.utf8)
        if let start = stops.compactMap({ Self.firstOccurrence(of: $0, in: held) }).min() {
            let released = String(decoding: held[..<start], as: UTF8.self)
            held = []
            return (released, true)
        }
        let keep = stops.map { Self.overlap(of: held, with: $0) }.max() ?? 0
        let released = String(decoding: held.dropLast(keep), as: UTF8.self)
        held.removeFirst(held.count - keep)
        return (released, false)
    }

    /// The text still held back, when no more will come.
    mutating func finish() -> String {
        defer { held = [] }
        return String(decoding: held, as: UTF8.self)
    }

    private static func firstOccurrence(of stop: [UInt8], in text: [UInt8]) -> Int? {
        guard text.count >= stop.count else { return nil }
        return (0...(text.count - stop.count)).first { text[$0..<($0 + stop.count)].elementsEqual(stop) }
    }

    /// The length of the longest end of `text` that is a proper start of `stop`.
    private static func overlap(of text: [UInt8], with stop: [UInt8]) -> Int {
        let longest = min(text.count, stop.count - 1)
        guard longest > 0 else { return 0 }
        return (1...longest).reversed().first { text.suffix($0).elementsEqual(stop.prefix($0)) } ?? 0
    }
}
