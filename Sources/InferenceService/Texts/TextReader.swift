import Engine
import OpenAIAPI
import Tokenization

/// Turns the texts of a request into what the engine computes, cut or refused where they are too long.
struct TextReader: Sendable {
    private let tokenizer: Tokenizer
    private let abilities: TextAbilities
    private let check: RequestCheck
    private let truncation: Truncation
    private let frame: TextFrame

    init(_ tokenizer: Tokenizer, _ abilities: TextAbilities, check: RequestCheck, _ truncation: Truncation) {
        self.tokenizer = tokenizer
        self.abilities = abilities
        self.check = check
        self.truncation = truncation
        frame = TextFrame(tokenizer)
    }

    init(_ model: LoadedModel, _ truncation: Truncation) {
        self.init(model.tokenizer, model.texts, check: model.check, truncation)
    }

    /// Tokens that a text may have with all that is put around it.
    private var limit: Int {
        let longest = min(check.contextLength, abilities.longestText)
        if case .toTokens(let count) = truncation { return min(count, longest) }
        return longest
    }

    /// The inputs of a field that takes one or several.
    func read(_ inputs: [Prompt], param: String) throws(APIError) -> [PoolingRequest.Text] {
        var texts: [PoolingRequest.Text] = []
        texts.reserveCapacity(inputs.count)
        for (index, input) in inputs.enumerated() {
            let param = inputs.count == 1 ? param : "\(param)[\(index)]"
            texts.append(try read(input, param: param))
        }
        return texts
    }

    func read(_ input: Prompt, param: String) throws(APIError) -> PoolingRequest.Text {
        switch input {
        case .text(let text):
            return PoolingRequest.Text(tokens: try read([TextFragment(text, parseSpecial: false)], param))
        case .tokens(let ids):
            // Whoever sends tokens decides on the special ones as well.
            let tokens = try check.tokens(ids, param: param)
            return PoolingRequest.Text(tokens: Array(tokens.prefix(try allowed(tokens.count, frame: 0, param))))
        }
    }

    /// A text with masks spelled out; nothing else in it becomes a special token.
    func read(_ text: String, mask: String, param: String) throws(APIError) -> PoolingRequest.Text {
        var fragments: [TextFragment] = []
        for (index, part) in text.split(on: mask).enumerated() {
            if index > 0 { fragments.append(TextFragment(mask, parseSpecial: true)) }
            fragments.append(TextFragment(part, parseSpecial: false))
        }
        return PoolingRequest.Text(tokens: try read(fragments, param))
    }

    private func read(_ fragments: [TextFragment], _ param: String) throws(APIError) -> [TokenID] {
        try checkSize(fragments.reduce(0) { $0 + $1.text.utf8.count }, param)
        let tokens = tokenizer.encode(fragments, addSpecial: false)
        return frame.around(tokens.prefix(try allowed(tokens.count, frame: frame.count, param)))
    }

    /// Two texts as one, for a classifier of pairs.
    ///
    /// - Parameter param: the field that holds the second text.
    func read(_ first: String, _ second: String, param: String) throws(APIError) -> PoolingRequest.Text {
        try checkSize(first.utf8.count + second.utf8.count, param)
        guard let join = abilities.joinPair else {
            throw .notImplemented(param: "model", "This model takes no pairs of texts.")
        }
        let pair = join(first, second, truncation == .never ? nil : limit)
        // What is put around two texts may alone be longer than a request allows.
        guard pair.tokens.count <= limit else {
            throw .textTooLong(param: param, limit: limit, tokens: pair.tokens.count)
        }
        return pair
    }

    /// A text that is going to be cut may be as long as a body.
    func checkSize(_ byteCount: Int, _ param: String) throws(APIError) {
        if truncation == .never { try check.check(byteCount: byteCount, param: param) }
    }

    /// How many of a text's own tokens are kept.
    ///
    /// - Parameter frame: those that are put around it.
    func allowed(_ count: Int, frame: Int, _ param: String) throws(APIError) -> Int {
        let room = limit - frame
        guard room > 0 else {
            throw .invalidValue(
                param: "truncate_prompt_tokens",
                "Invalid 'truncate_prompt_tokens': the model puts \(frame) tokens around a text, which leaves none.")
        }
        guard truncation != .never || count <= room else {
            throw .textTooLong(param: param, limit: limit, tokens: count + frame)
        }
        return min(count, room)
    }
}

extension String {
    /// The parts between occurrences of a separator; the whole text if there is none.
    fileprivate func split(on separator: String) -> [String] {
        // Bytes, not characters: a combining mark behind the separator does not hide it.
        let (text, mark) = (Array(utf8), Array(separator.utf8))
        var parts: [String] = []
        var (start, index) = (0, 0)
        while index + mark.count <= text.count, !mark.isEmpty {
            guard text[index..<index + mark.count].elementsEqual(mark) else {
                index += 1
                continue
            }
            parts.append(String(decoding: text[start..<index], as: UTF8.self))
            index += mark.count
            start = index
        }
        return parts + [String(decoding: text[start...], as: UTF8.self)]
    }
}
