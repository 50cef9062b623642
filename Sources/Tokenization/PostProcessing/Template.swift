/// What is put around a text, or around two: control tokens and the numbers of the segments.
struct Template: Hashable, Sendable {
    /// A part of the result.
    enum Part: Hashable, Sendable {
        case token(TokenID, segment: Int)
        case first(segment: Int)
        case second(segment: Int)
    }

    /// For one text; `second` does not occur in it.
    var single: [Part]
    var pair: [Part]

    /// The texts as they are, one after the other.
    static let bare = Template(single: [.first(segment: 0)], pair: [.first(segment: 0), .second(segment: 1)])

    /// `[prefix] text [suffix]`, and for two `[prefix] first [suffix] [between] second [suffix]`.
    static func around(
        prefix: TokenID?, suffix: TokenID?, between: [TokenID] = [], repeatsPrefix: Bool = false, segment: Int = 1
    ) -> Template {
        let start = prefix.map { [Part.token($0, segment: 0)] } ?? []
        let end = suffix.map { [Part.token($0, segment: 0)] } ?? []
        let restart = repeatsPrefix ? prefix.map { [Part.token($0, segment: segment)] } ?? [] : []
        let secondEnd = suffix.map { [Part.token($0, segment: segment)] } ?? []
        let middle = between.map { Part.token($0, segment: segment) }
        return Template(
            single: start + [.first(segment: 0)] + end,
            pair: start + [.first(segment: 0)] + end + middle + restart + [.second(segment: segment)] + secondEnd)
    }

    /// Tokens that stand before a single text.
    var prefix: [TokenID] { Self.tokens(single.prefix { !$0.isText }) }

    /// Tokens that stand after a single text.
    var suffix: [TokenID] { Self.tokens(single.drop { !$0.isText }) }

    private static func tokens(_ parts: some Sequence<Part>) -> [TokenID] {
        parts.compactMap { if case .token(let token, _) = $0 { token } else { nil } }
    }
}

extension Template.Part {
    fileprivate var isText: Bool { if case .token = self { false } else { true } }
}
