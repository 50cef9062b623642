/// Cuts text into the pieces within which merges happen.
///
/// A rule is a list of stages: the first cuts the text, each further one cuts the pieces of the one before. Stages
/// are scanners written by hand, because the published regular expressions need an engine that backtracks, and text
/// comes from strangers.
struct PreTokenizer: Sendable {
    enum Stage: Sendable {
        case words(WordPattern)
        case run(RunPattern)
        /// May cut characters, so only other byte runs may follow.
        case byteRun(ByteRunPattern)
        /// `\s+$`: whitespace at the end.
        case trailingWhitespace

        /// The end of this stage's piece that begins at `start` within a text that ends at `limit`.
        @inline(__always)
        func end(in text: borrowing Span<UInt8>, from start: Int, limit: Int, _ classes: ScalarClasses) -> Int {
            switch self {
            case .words(let pattern): pattern.end(in: text, from: start, limit: limit, classes)
            case .run(let pattern): pattern.end(in: text, from: start, limit: limit, classes)
            case .byteRun(let pattern): pattern.end(in: text, from: start, limit: limit)
            case .trailingWhitespace: Self.endBeforeWhitespace(in: text, from: start, limit: limit, classes)
            }
        }

        /// The end of the text's body; past it, the end of the text.
        private static func endBeforeWhitespace(
            in text: borrowing Span<UInt8>, from start: Int, limit: Int, _ classes: ScalarClasses
        ) -> Int {
            var index = start
            var body = start
            while index < limit {
                let scalar = classes.read(text, at: index)
                index = scalar.next
                if !scalar.class.contains(.whitespace) { body = index }
            }
            return body > start ? body : limit
        }
    }

    /// Where the cutting stands: the piece each stage is in.
    struct Cursor {
        /// The next piece begins here.
        fileprivate(set) var position: Int
        fileprivate let limit: Int
        /// The end of each stage's current piece; at most `position` when that piece is used up.
        fileprivate var ends: [Int]
    }

    private let stages: [Stage]
    private let classes: ScalarClasses

    init(stages: [Stage]) {
        self.stages = stages
        self.classes = .shared
    }

    /// This scanner's stages and then those of another one.
    func followed(by other: PreTokenizer) -> PreTokenizer {
        PreTokenizer(stages: stages + other.stages)
    }

    func cursor(over range: Range<Int>) -> Cursor {
        Cursor(position: range.lowerBound, limit: range.upperBound, ends: stages.map { _ in range.lowerBound })
    }

    /// The next piece, or `nil` at the end.
    ///
    /// Each stage looks at each byte a bounded number of times, so a whole pass takes linear time.
    func next(_ cursor: inout Cursor, in text: borrowing Span<UInt8>) -> Range<Int>? {
        let start = cursor.position
        guard start < cursor.limit else { return nil }
        // The innermost stage that is still inside a piece bounds the ones below it.
        var stage = stages.count - 1
        while stage >= 0, cursor.ends[stage] <= start { stage -= 1 }
        var end = stage >= 0 ? cursor.ends[stage] : cursor.limit
        while stage + 1 < stages.count {
            stage += 1
            end = stages[stage].end(in: text, from: start, limit: end, classes)
            cursor.ends[stage] = end
        }
        cursor.position = end
        return start..<end
    }
}
