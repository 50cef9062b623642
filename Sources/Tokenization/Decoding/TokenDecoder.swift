/// Turns tokens back into text: what the scheme did to spaces, bytes and word borders is undone token by token.
///
/// A rule may look at a token and at whether it is the first of its text, at nothing else. So a stream of tokens decodes
/// to the same text as all at once.
struct TokenDecoder: Sendable {
    /// One rule, applied to each token's text.
    enum Step: Sendable {
        /// A piece's spelling is replaced wherever it occurs.
        case replace(Pattern, [UInt8])
        /// A mark for spaces becomes a space, and vanishes in the first token if `dropsInFirst`.
        case metaspace([UInt8], dropsInFirst: Bool)
        /// `<0x41>` becomes that byte.
        case byteFallback
        /// GPT-2's printable alphabet becomes bytes.
        case byteLevel
        /// A token begins a word unless it has the prefix. `cleansUp` takes spaces away from before punctuation.
        case wordPiece(prefix: [UInt8], cleansUp: Bool)
        /// At most so many of one character are taken from the token's beginning and end.
        case strip([UInt8], start: Int, stop: Int)
        /// Each token but the first has a space before it.
        case spaceBefore
        /// A mark at the end of a word becomes a space, which waits for the next token.
        case wordEnd([UInt8])
    }

    var steps: [Step] = []

    /// What is taken from the ends of the whole text: a character and how often at most.
    var trimmed: (character: [UInt8], start: Int, stop: Int)?

    /// What one text's decoding has come to.
    struct State: Sendable {
        fileprivate var isFirst = true
        /// How many characters may still be taken from the beginning.
        fileprivate var trimsLeft: Int
        /// Characters that vanish if nothing follows.
        fileprivate var held: [UInt8] = []
    }

    /// - Parameter continues: whether text stands before what is decoded, so that nothing in it is a beginning.
    func state(continues: Bool) -> State {
        var state = State(trimsLeft: continues ? 0 : trimmed?.start ?? 0)
        state.isFirst = !continues
        return state
    }

    /// Appends what a token adds to its text.
    func append(_ token: ArraySlice<UInt8>, _ state: inout State, to output: inout [UInt8]) {
        guard !steps.isEmpty || trimmed != nil else {
            output.append(contentsOf: token)
            return
        }
        var text = Array(token)
        var endsWord = false
        for step in steps { step.apply(&text, isFirst: state.isFirst, endsWord: &endsWord) }
        state.isFirst = false
        trimStart(&text, &state)
        release(&text, &state)
        if endsWord { state.held.append(UInt8(ascii: " ")) }
        holdEnd(&text, &state)
        output.append(contentsOf: text)
    }

    private func trimStart(_ text: inout [UInt8], _ state: inout State) {
        guard state.trimsLeft > 0, let character = trimmed?.character, !text.isEmpty else { return }
        var start = 0
        while state.trimsLeft > 0, text[start...].starts(with: character) {
            start += character.count
            state.trimsLeft -= 1
        }
        text.removeFirst(start)
        if !text.isEmpty { state.trimsLeft = 0 }
    }

    /// Gives out what the last token held back, because something follows.
    private func release(_ text: inout [UInt8], _ state: inout State) {
        guard !text.isEmpty, !state.held.isEmpty else { return }
        text.insert(contentsOf: state.held, at: 0)
        state.held.removeAll()
    }

    private func holdEnd(_ text: inout [UInt8], _ state: inout State) {
        guard let trimmed, trimmed.stop > 0, !text.isEmpty else { return }
        let size = trimmed.character.count
        var end = text.count
        while (text.count - end) / size < trimmed.stop, text[..<end].suffix(size).elementsEqual(trimmed.character) {
            end -= size
        }
        state.held = Array(text[end...])
        text.removeSubrange(end...)
    }
}
