import JSON

/// What `tokenizer_config.json` says, or custom where it says nothing.
struct TokenizerConfiguration {
    var special = Vocabulary.SpecialTokens()
    var addsBOS: Bool?
    var addsEOS: Bool?
    var maximumLength: Int?

    /// Larger values mean "no limit": the library writes 10 to the 30th there.
    private static let longestInput = 1e9

    init(_ value: JSONValue?, _ vocabulary: FileVocabulary, template: Template) {
        var named: [String: TokenID] = [:]
        for added in vocabulary.added {
            named[String(decoding: added.text, as: UTF8.self)] = TokenID(rawValue: added.token.token)
        }
        func role(_ key: String, _ customary: [String]) -> TokenID? {
            if let name = Self.name(value?[key]) {
                return named[name]
                    ?? vocabulary.id(of: Array(name.utf8)).map { TokenID(rawValue: Int32(truncatingIfNeeded: $0)) }
            }
            // A file that names any role leaves out those which it does not have.
            guard
                value.map({ $0["bos_token"] == nil && $0["eos_token"] == nil && $0["cls_token"] == nil })
                    ?? true
            else { return nil }
            return customary.lazy.compactMap { named[$0] }.first
        }
        special.bos = role("bos_token", ["<s>", "<bos>", "<|begin_of_text|>"])
        special.eos = role("eos_token", ["</s>", "<eos>", "<|end_of_text|>", "<|endoftext|>"])
        special.classification = role("cls_token", ["[CLS]"])
        special.separator = role("sep_token", ["[SEP]"])
        special.mask = role("mask_token", ["[MASK]", "<mask>"])
        special.padding = role("pad_token", ["[PAD]", "<pad>"])
        special.unknown = role("unk_token", ["[UNK]", "<unk>"])
        addsBOS = value?["add_bos_token"]?.boolValue
        addsEOS = value?["add_eos_token"]?.boolValue
        if let length = value?["model_max_length"]?.doubleValue, length >= 1, length <= Self.longestInput {
            maximumLength = Int(length)
        }
    }

    /// A token is written as text or as an object with its flags.
    private static func name(_ value: JSONValue?) -> String? {
        value?.stringValue ?? value?["content"]?.stringValue
    }
}

extension Template {
    /// Adds or removes the token at the beginning; nil leaves the template as it is.
    mutating func set(begins: Bool?, with token: TokenID?) {
        guard let begins, let token else { return }
        let part = Part.token(token, segment: 0)
        guard (single.first == part) != begins else { return }
        if begins {
            single.insert(part, at: 0)
            pair.insert(part, at: 0)
        } else {
            single.removeFirst()
            if pair.first == part { pair.removeFirst() }
        }
    }

    /// Adds or removes the token at the end; nil leaves the template as it is.
    mutating func set(ends: Bool?, with token: TokenID?) {
        guard let ends, let token else { return }
        let isLast = if case .token(token, _)? = single.last { true } else { false }
        guard isLast != ends else { return }
        if ends {
            single.append(.token(token, segment: 0))
            pair.append(.token(token, segment: 1))
        } else {
            single.removeLast()
            if case .token(token, _)? = pair.last { pair.removeLast() }
        }
    }
}
