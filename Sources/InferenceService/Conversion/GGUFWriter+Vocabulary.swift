import ModelFiles
import Tokenization

extension GGUFWriter {
    /// The tokeniser section.
    mutating func set(_ vocabulary: Vocabulary) {
        set("model", .string(vocabulary.scheme.ggufName))
        if vocabulary.scheme == .byteLevelBPE { set("pre", .string(vocabulary.preTokenizer)) }
        set("tokens", .array(GGUFArray(vocabulary.tokens)))
        set("token_type", .array(GGUFArray(vocabulary.kinds)))
        // Readers demand the list of what is merged, if it is empty.
        if [.byteLevelBPE, .characterBPE].contains(vocabulary.scheme) {
            set("merges", .array(GGUFArray(vocabulary.merges)))
        }
        if !vocabulary.scores.isEmpty { set("scores", .array(GGUFArray(vocabulary.scores))) }
        if !vocabulary.precompiledCharacterMap.isEmpty {
            let bytes = vocabulary.precompiledCharacterMap.map { GGUFValue.uint8($0) }
            set("precompiled_charsmap", .array(GGUFArray(elementType: .uint8, bytes)))
        }
        set("add_bos_token", vocabulary.addsBOS.map { .bool($0) })
        set("add_eos_token", vocabulary.addsEOS.map { .bool($0) })
        set("add_sep_token", vocabulary.addsSeparator.map { .bool($0) })
        set("add_space_prefix", vocabulary.addsSpacePrefix.map { .bool($0) })
        set("remove_extra_whitespaces", vocabulary.removesExtraWhitespace.map { .bool($0) })
        let special = vocabulary.special
        // The third spelling is the format's.
        for (name, token) in [
            ("bos", special.bos), ("eos", special.eos), ("seperator", special.separator), ("eot", special.eot),
            ("eom", special.eom), ("unknown", special.unknown), ("padding", special.padding),
            ("cls", special.classification), ("mask", special.mask), ("fim_pre", special.infillPrefix),
            ("fim_suf", special.infillSuffix), ("fim_mid", special.infillMiddle),
        ] {
            set("\(name)_token_id", token.map { .uint32(UInt32(bitPattern: $0.rawValue)) })
        }
    }

    private mutating func set(_ name: String, _ value: GGUFValue?) {
        if let value { self["tokenizer.ggml.\(name)"] = value }
    }
}
