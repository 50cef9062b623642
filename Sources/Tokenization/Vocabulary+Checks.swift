extension Vocabulary {
    /// One kind for each token.
    func checkedKinds() throws(TokenizerError) -> [TokenKind] {
        guard !tokens.isEmpty else { throw .emptyVocabulary }
        guard tokens.count <= Int(Int32.max), merges.count < MergeQueue.rankLimit else {
            throw .vocabularyTooLarge(tokens: tokens.count, merges: merges.count)
        }
        guard !kinds.isEmpty else { return [TokenKind](repeating: .normal, count: tokens.count) }
        guard kinds.count == tokens.count else {
            throw .kindCountMismatch(tokens: tokens.count, kinds: kinds.count)
        }
        var checked: [TokenKind] = []
        checked.reserveCapacity(kinds.count)
        for (index, value) in kinds.enumerated() {
            guard let kind = TokenKind(rawValue: value) else { throw .invalidTokenKind(index: index, value: value) }
            checked.append(kind)
        }
        return checked
    }

    func checkSpecialTokens() throws(TokenizerError) {
        let named = [
            ("bos", special.bos), ("eos", special.eos), ("eot", special.eot), ("eom", special.eom),
            ("unknown", special.unknown), ("padding", special.padding), ("infill prefix", special.infillPrefix),
            ("infill suffix", special.infillSuffix), ("infill middle", special.infillMiddle),
            ("classification", special.classification), ("separator", special.separator), ("mask", special.mask),
        ]
        for case (let name, let token?) in named where !tokens.indices.contains(Int(token.rawValue)) {
            throw .specialTokenOutOfRange(name: name, id: token.rawValue, vocabularySize: tokens.count)
        }
    }

    /// Names by which models call the end of a text, a turn or a message.
    private static let endOfGenerationNames: Set<[UInt8]> = Set(
        [
            "<|endoftext|>", "<|end_of_text|>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<|eot|>",
            "<|eom|>", "<end_of_turn>", "<turn|>", "<|end_of_turn|>", "<end_of_utterance>", "<|return|>", "<|call|>",
            "<EOT>", "<｜end▁of▁sentence｜>", "<|END_OF_TURN_TOKEN|>", "</s>",
        ].map { Array($0.utf8) })

    /// The tokens that end a generation: those with such a role, and added tokens with such a name.
    ///
    /// Each becomes a control token, because some files mark them as user-defined or as ordinary text, and then a user
    /// could end a turn by typing them. Ordinary tokens do not count by name: `</s>` is a word of HTML to some models.
    func markEndOfGeneration(in kinds: inout [TokenKind]) -> Set<TokenID> {
        var ends = Set([special.eos, special.eot, special.eom].compactMap { $0 })
        var hasReturn = false
        for (index, kind) in kinds.enumerated() where kind.isVerbatim {
            guard Self.endOfGenerationNames.contains(Array(tokens[index].utf8)) else { continue }
            // Gemma has the tags of HTML as user-defined tokens, and another end.
            if kind == .userDefined, special.eos != nil, tokens[index] == "</s>" { continue }
            ends.insert(TokenID(rawValue: Int32(truncatingIfNeeded: index)))
            hasReturn = hasReturn || tokens[index] == "<|return|>"
        }
        for token in ends { kinds[Int(token.rawValue)] = .control }
        // In the harmony format `<|end|>` ends one of several messages, and `<|return|>` the answer.
        if hasReturn {
            ends = ends.filter { tokens[Int($0.rawValue)] != "<|end|>" || $0 == special.eos }
        }
        return ends
    }
}
