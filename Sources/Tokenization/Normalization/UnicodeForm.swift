/// One of the four normalisation forms of Unicode (UAX 15).
enum UnicodeForm: String, Sendable {
    case canonicalComposition = "NFC"
    case canonicalDecomposition = "NFD"
    case compatibilityComposition = "NFKC"
    case compatibilityDecomposition = "NFKD"

    /// The result, or nil if that is the text itself.
    func apply(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        switch self {
        case .canonicalComposition:
            return CanonicalComposition().compose(text, range)
        case .canonicalDecomposition:
            return CanonicalComposition().decomposed(text.extracting(range))
        case .compatibilityComposition:
            guard let replaced = CompatibilityDecompositions.shared.apply(text, range) else {
                return CanonicalComposition().compose(text, range)
            }
            return CanonicalComposition().compose(replaced.span, replaced.indices) ?? replaced
        case .compatibilityDecomposition:
            let replaced = CompatibilityDecompositions.shared.apply(text, range)
            guard let replaced else { return CanonicalComposition().decomposed(text.extracting(range)) }
            return CanonicalComposition().decomposed(replaced.span)
        }
    }
}
