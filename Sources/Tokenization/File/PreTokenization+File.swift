import JSON

extension PreTokenizationStep {
    /// The steps of a component.
    static func steps(_ component: FileComponent) throws(TokenizerError) -> [PreTokenizationStep] {
        let type = try component.type
        switch type {
        case "Sequence":
            var steps: [PreTokenizationStep] = []
            for part in try component.required("pretokenizers").elements { steps += try Self.steps(part) }
            return steps
        case "ByteLevel":
            let prefix: [PreTokenizationStep] =
                try component.flag("add_prefix_space", default: true) ? [.prefixSpace] : []
            let words: [PreTokenizationStep] =
                try component.flag("use_regex", default: true) ? [.scan(PreTokenizer(stages: [.words(.gpt2)]))] : []
            return prefix + words + [.byteAlphabet]
        case "Metaspace": return [.metaspace(try Metaspace(component))]
        case "Split": return [try split(component)]
        case "Whitespace": return [.wordsAndSigns]
        case "WhitespaceSplit": return [.splitScalars(.whitespace, .removed)]
        case "BertPreTokenizer": return [.bert]
        case "Punctuation":
            return [.splitScalars(.bertPunctuation, try behavior(component, default: .isolated))]
        case "Digits":
            let isIndividual = try component.flag("individual_digits", default: false)
            return [.scan(PreTokenizer(stages: [.run(isIndividual ? .singleNumber : .numbers)]))]
        case "CharDelimiterSplit":
            let delimiter = try component.required("delimiter")
            guard let scalar = try delimiter.text.unicodeScalars.first else { throw delimiter.fault("is empty") }
            return [.splitScalars(.scalar(scalar.value), .removed)]
        case "FixedLength":
            let length = try component.count("length", default: 5)
            guard length > 0 else { throw component.fault("has the length 0") }
            return [.fixedLength(length)]
        case "UnicodeScripts": return [.scripts]
        default: throw component.unsupported(type)
        }
    }

    private static func behavior(
        _ component: FileComponent, default standard: DelimiterBehavior? = nil
    ) throws(TokenizerError) -> DelimiterBehavior {
        if let standard, component.member("behavior") == nil { return standard }
        let name = try component.required("behavior").text
        guard let behavior = DelimiterBehavior(rawValue: name) else { throw component.unsupported(name) }
        return behavior
    }

    private static func split(_ component: FileComponent) throws(TokenizerError) -> PreTokenizationStep {
        let behavior = try behavior(component)
        let inverts = try component.flag("invert", default: false)
        // These expressions match every text from end to end, so it makes no difference what happens to the rest.
        if let expression = component.member("pattern")?.member("Regex"), behavior == .isolated || inverts,
            let stages = PreTokenizer.stages(of: try expression.text)
        {
            return .scan(PreTokenizer(stages: stages))
        }
        return .split(try component.pattern("pattern"), behavior, inverts: inverts)
    }
}

extension PreTokenizationStep.Metaspace {
    init(_ component: FileComponent) throws(TokenizerError) {
        mark = try component.member("replacement")?.bytes ?? Array("▁".utf8)
        splits = try component.flag("split", default: true)
        let adds = try component.flag("add_prefix_space", default: true)
        guard let scheme = component.member("prepend_scheme") else {
            prepends = adds ? .always : .never
            return
        }
        guard let prepends = Prepends(rawValue: try scheme.text) else { throw scheme.unsupported(try scheme.text) }
        self.prepends = adds ? prepends : .never
    }
}

extension PreTokenizer {
    /// The scanner for an expression that a known family publishes.
    ///
    /// PERF: such a scanner is written for its rule and about ten times as fast as the expression.
    static func stages(of expression: String) -> [Stage]? {
        let anyCase = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
        let anyCaseInBrackets = "(?i:[sdmt]|ll|ve|re)"
        let word = #"[^\r\n\p{L}\p{N}]?\p{L}+"#
        let tail = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
        switch expression {
        case #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#,
            #"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#:
            return [.words(.gpt2)]
        case anyCase + "|" + word + #"|\p{N}{1,3}"# + tail,
            "'" + anyCaseInBrackets + "|" + word + #"|\p{N}{1,3}"# + tail:
            return [.words(.llama3)]
        case anyCase + "|" + word + #"|\p{N}"# + tail: return [.words(.qwen2)]
        case anyCase
            + #"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#:
            return [.words(.qwen35)]
        case #"\p{N}"#: return [.run(.singleNumber)]
        default: return nil
        }
    }
}
