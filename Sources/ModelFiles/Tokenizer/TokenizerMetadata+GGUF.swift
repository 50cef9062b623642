extension TokenizerMetadata {
    /// Reads and checks the `tokenizer.*` keys.
    ///
    /// - Throws: ``ModelFileError`` naming the key that is missing, of another type, or at odds with the token list.
    public init(_ metadata: GGUFMetadata) throws(ModelFileError) {
        let tokensKey = "tokenizer.ggml.tokens"
        model = try metadata.string("tokenizer.ggml.model")
        pre = try metadata.string(ifPresent: "tokenizer.ggml.pre")
        tokens = try metadata.strings(tokensKey)
        guard !tokens.isEmpty else { throw .invalidValue(key: tokensKey, reason: "the list is empty") }
        kinds = try Self.kinds(metadata, tokenCount: tokens.count)
        scores = try Self.scores(metadata, tokenCount: tokens.count)
        merges = try Self.merges(metadata)
        precompiledCharacterMap = try Self.characterMap(metadata)
        special = try SpecialTokens(metadata, tokenCount: tokens.count)
        addsBOS = try metadata.bool(ifPresent: "tokenizer.ggml.add_bos_token")
        addsEOS = try metadata.bool(ifPresent: "tokenizer.ggml.add_eos_token")
        addsSeparator = try metadata.bool(ifPresent: "tokenizer.ggml.add_sep_token")
        addsSpacePrefix = try metadata.bool(ifPresent: "tokenizer.ggml.add_space_prefix")
        removesExtraWhitespace = try metadata.bool(ifPresent: "tokenizer.ggml.remove_extra_whitespaces")
        segmentTypeCount = try metadata.integer(ifPresent: "tokenizer.ggml.token_type_count")
        tokenizerFile = try metadata.string(ifPresent: "tokenizer.huggingface.json")
        chatTemplate = try metadata.string(ifPresent: "tokenizer.chat_template")
        namedChatTemplates = try Self.namedChatTemplates(metadata)
    }

    private static func kinds(
        _ metadata: GGUFMetadata, tokenCount: Int
    ) throws(ModelFileError) -> [TokenKind]? {
        let key = "tokenizer.ggml.token_type"
        guard let numbers = try metadata.integers(ifPresent: key) else { return nil }
        try check(key, numbers.count, tokenCount: tokenCount)
        var kinds: [TokenKind] = []
        kinds.reserveCapacity(numbers.count)
        for (index, number) in numbers.enumerated() {
            guard let kind = TokenKind(rawValue: number) else {
                throw .invalidValue(key: key, reason: "element \(index) is \(number), which isn't a token type")
            }
            kinds.append(kind)
        }
        return kinds
    }

    private static func scores(
        _ metadata: GGUFMetadata, tokenCount: Int
    ) throws(ModelFileError) -> [Float]? {
        let key = "tokenizer.ggml.scores"
        guard let scores = try metadata.floats(ifPresent: key) else { return nil }
        try check(key, scores.count, tokenCount: tokenCount)
        if let index = scores.firstIndex(where: { $0.isNaN }) {
            throw .invalidValue(key: key, reason: "element \(index) isn't a number")
        }
        return scores
    }

    private static func merges(_ metadata: GGUFMetadata) throws(ModelFileError) -> [String]? {
        let key = "tokenizer.ggml.merges"
        guard let merges = try metadata.strings(ifPresent: key) else { return nil }
        for (index, merge) in merges.enumerated() where !isPair(merge) {
            throw .invalidValue(key: key, reason: "element \(index), \(quoted(merge)), isn't a pair")
        }
        return merges
    }

    /// Whether there is a space with something on both sides. The first token of a pair may itself start with one.
    private static func isPair(_ merge: String) -> Bool {
        let bytes = merge.utf8
        return bytes.count >= 3 && bytes.dropFirst().dropLast().contains(UInt8(ascii: " "))
    }

    private static func characterMap(_ metadata: GGUFMetadata) throws(ModelFileError) -> [UInt8]? {
        let key = "tokenizer.ggml.precompiled_charsmap"
        guard let numbers = try metadata.integers(ifPresent: key) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(numbers.count)
        for number in numbers {
            // Some converters store bytes as i8.
            guard let byte = UInt8(exactly: number) ?? Int8(exactly: number).map(UInt8.init(bitPattern:)) else {
                throw .invalidValue(key: key, reason: "\(number) isn't a byte")
            }
            bytes.append(byte)
        }
        return bytes
    }

    private static func namedChatTemplates(_ metadata: GGUFMetadata) throws(ModelFileError) -> [String: String] {
        let prefix = "tokenizer.chat_template."
        var templates: [String: String] = [:]
        for key in metadata.keys where key.hasPrefix(prefix) {
            templates[String(key.dropFirst(prefix.count))] = try metadata.string(key)
        }
        return templates
    }

    private static func check(_ key: String, _ count: Int, tokenCount: Int) throws(ModelFileError) {
        guard count == tokenCount else {
            throw .invalidValue(key: key, reason: "has \(count) elements for \(tokenCount) tokens")
        }
    }
}

extension TokenizerMetadata.SpecialTokens {
    fileprivate init(_ metadata: GGUFMetadata, tokenCount: Int) throws(ModelFileError) {
        func id(_ name: String) throws(ModelFileError) -> Int? {
            let key = "tokenizer.ggml.\(name)_token_id"
            guard let id = try metadata.integer(ifPresent: key) else { return nil }
            if id == -1 || id == UInt32.max { return nil }  // How converters write "none".
            guard 0..<tokenCount ~= id else {
                throw .invalidValue(key: key, reason: "\(id) isn't one of the \(tokenCount) tokens")
            }
            return id
        }
        func id(_ name: String, olderName: String) throws(ModelFileError) -> Int? {
            if let id = try id(name) { return id }
            return try id(olderName)
        }
        bos = try id("bos")
        eos = try id("eos")
        eot = try id("eot")
        eom = try id("eom")
        unknown = try id("unknown")
        separator = try id("seperator")  // The typo is the format's.
        padding = try id("padding")
        classification = try id("cls")
        mask = try id("mask")
        infillPrefix = try id("fim_pre", olderName: "prefix")
        infillSuffix = try id("fim_suf", olderName: "suffix")
        infillMiddle = try id("fim_mid", olderName: "middle")
    }
}
