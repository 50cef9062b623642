import JSON

extension Template {
    init(_ component: FileComponent) throws(TokenizerError) {
        let type = try component.type
        switch type {
        case "TemplateProcessing": try self.init(parts: component)
        case "BertProcessing", "RobertaProcessing":
            let cls = try Self.named(component.required("cls"))
            let sep = try Self.named(component.required("sep"))
            let isRoberta = type == "RobertaProcessing"
            self = .around(
                prefix: cls, suffix: sep, between: isRoberta ? [sep] : [], segment: isRoberta ? 0 : 1)
        case "ByteLevel": self = .bare
        case "Sequence":
            self = .bare
            for part in try component.required("processors").elements {
                let template = try Template(part)
                // Byte-level post-processing moves offsets alone; a second template would nest in the first.
                guard template != .bare else { continue }
                guard self == .bare else { throw part.unsupported("a second template") }
                self = template
            }
        default: throw component.unsupported(type)
        }
    }

    /// `["[CLS]", 101]`
    private static func named(_ component: FileComponent) throws(TokenizerError) -> TokenID {
        let parts = try component.elements
        guard parts.count == 2 else { throw component.fault("is not a name and an id") }
        return try id(parts[1])
    }

    private static func id(_ component: FileComponent) throws(TokenizerError) -> TokenID {
        guard let value = component.value.integerValue, value >= 0, value < TokenizerFile.idLimit else {
            throw component.fault("is not a token id")
        }
        return TokenID(rawValue: Int32(value))
    }

    private init(parts component: FileComponent) throws(TokenizerError) {
        single = try Self.parts(component, "single")
        pair = try Self.parts(component, "pair")
        guard single.count(where: { $0.isFirst }) == 1, !single.contains(where: { $0.isSecond }) else {
            throw component.fault("does not have the text once in \"single\"")
        }
        guard pair.count(where: { $0.isFirst }) == 1, pair.count(where: { $0.isSecond }) == 1 else {
            throw component.fault("does not have both texts once in \"pair\"")
        }
    }

    private static func parts(_ component: FileComponent, _ name: String) throws(TokenizerError) -> [Part] {
        let tokens = component.member("special_tokens")
        var parts: [Part] = []
        for element in try component.required(name).elements {
            if let sequence = element.member("Sequence") {
                let segment = try sequence.count("type_id")
                switch try sequence.required("id").text {
                case "A": parts.append(.first(segment: segment))
                case "B": parts.append(.second(segment: segment))
                default: throw sequence.fault("is neither A nor B")
                }
                continue
            }
            let special = try element.required("SpecialToken")
            let segment = try special.count("type_id")
            let name = try special.required("id")
            guard let ids = tokens?.member(try name.text)?.member("ids") else {
                throw name.fault("is not among the template's special tokens")
            }
            for id in try ids.elements { parts.append(.token(try Self.id(id), segment: segment)) }
        }
        return parts
    }

    /// The tokens that the template adds.
    var tokens: [TokenID] {
        (single + pair).compactMap { if case .token(let token, _) = $0 { token } else { nil } }
    }
}

extension Template.Part {
    fileprivate var isFirst: Bool { if case .first = self { true } else { false } }
    fileprivate var isSecond: Bool { if case .second = self { true } else { false } }
}
