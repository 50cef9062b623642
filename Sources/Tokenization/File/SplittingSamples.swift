/// Texts that splitting rules and normalisers take apart differently.
enum SplittingSamples {
    /// What a tokeniser makes of them.
    struct Result {
        let texts: [[TokenID]]
        let spaces: [[TokenID]]
        let pair: [TokenID]

        init(_ tokenizer: Tokenizer) {
            func tokens(_ text: String) -> [TokenID] { tokenizer.encode(text, addSpecial: true, parseSpecial: false) }
            texts = SplittingSamples.texts.map(tokens)
            spaces = SplittingSamples.spaces.map(tokens)
            pair = tokenizer.encodePair("one text", "another").tokens
        }
    }

    /// The pieces that rules cut all texts into, in GPT-2's alphabet for bytes.
    static func pieces(_ normalizer: Normalizer?, _ preTokenization: PreTokenization) -> [[[UInt8]]] {
        (texts + spaces).map { text in
            let original = Array(text.utf8)
            let bytes = normalizer?.apply(original.span, original.indices) ?? original
            var list = PieceList(text: bytes, pieces: [bytes.indices], isBeginning: true)
            var steps: [PreTokenizationStep]
            switch preTokenization {
            case .scan(let scanner): steps = [.scan(scanner)]
            case .steps(let given): steps = given
            }
            if !steps.contains(where: \.isByteAlphabet) { steps.append(.byteAlphabet) }
            for step in steps { step.apply(to: &list) }
            return list.pieces.filter { !$0.isEmpty }.map { Array(list.text[$0]) }
        }
    }

    private static let texts = [
        "", "Hello, world!", "It's you'll WE'VE don't I'M", "a1 12 123 1234 12345678",
        "snake_case camelCase HTTPServer x=y+1;// no", "Größe naïve café e\u{301}", "日本語のテキスト 中文字符",
        "Привет мир 123", "مرحبا بالعالم", "नमस्ते दुनिया", "🙂👩‍👩‍👧 emoji", "https://example.org/a?b=c&d=1#e",
        "!!! ... --- ''' \"\"\"",
    ]

    /// Spaces in a row, at the ends, and of other kinds.
    private static let spaces = [
        " ", "  two  spaces ", "line\nbreak\n\n  indented\r\n\ttab", "\u{a0}nbsp\u{2003}em ½ ² ٣", "   \n   \n x",
    ]
}
