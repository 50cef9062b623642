/// A set of scalars, as brackets in an expression describe it.
struct ScalarMatcher: Sendable {
    /// One part of the set.
    indirect enum Item: Sendable {
        case range(ClosedRange<UInt32>)
        /// General categories, one bit each.
        case categories(UInt32)
        case whitespace
        /// `\w`, which within brackets lacks the raised numbers and fractions of Latin-1.
        case word(isInBrackets: Bool)
        case script(Script)
        case set(ScalarMatcher)
    }

    private var items: [Item]
    private var isNegated: Bool
    /// The set is only what is in these too.
    private var others: [ScalarMatcher]

    /// One bit for each scalar below U+0080, because most text is made of those.
    private var ascii: (UInt64, UInt64)

    init(_ items: [Item], isNegated: Bool = false, others: [ScalarMatcher] = []) {
        self.items = items
        self.isNegated = isNegated
        self.others = others
        ascii = (0, 0)
        for scalar in 0..<UInt32(128) where search(scalar) {
            if scalar < 64 { ascii.0 |= 1 << UInt64(scalar) } else { ascii.1 |= 1 << UInt64(scalar - 64) }
        }
    }

    @inline(__always)
    func contains(_ scalar: UInt32) -> Bool {
        if scalar < 64 { return ascii.0 >> UInt64(scalar) & 1 != 0 }
        if scalar < 128 { return ascii.1 >> UInt64(scalar - 64) & 1 != 0 }
        return search(scalar)
    }

    private func search(_ scalar: UInt32) -> Bool {
        let isListed = items.contains { $0.contains(scalar) } && others.allSatisfy { $0.contains(scalar) }
        return isListed != isNegated
    }

    /// The set with every scalar's other cases.
    func foldingCase() -> ScalarMatcher {
        ScalarMatcher(
            items.flatMap { item -> [Item] in
                switch item {
                case .range(let range) where range.count <= 256:
                    return [item] + range.flatMap { CaseFolding.variants(of: $0) }.map { .range($0...$0) }
                case .set(let set): return [.set(set.foldingCase())]
                default: return [item]
                }
            }, isNegated: isNegated, others: others.map { $0.foldingCase() })
    }
}

extension ScalarMatcher.Item {
    fileprivate func contains(_ scalar: UInt32) -> Bool {
        switch self {
        case .range(let range): range.contains(scalar)
        case .categories(let bits): bits >> GeneralCategories.shared.category(of: scalar) & 1 != 0
        case .whitespace: ScalarClasses.shared.classOf(scalar).contains(.whitespace)
        case .word(let isInBrackets): scalar.isExpressionWord && !(isInBrackets && scalar.isLatinNumber)
        case .script(let script): script.contains(scalar)
        case .set(let set): set.contains(scalar)
        }
    }
}

/// Which scalars are the same but for case.
enum CaseFolding {
    /// The other scalars that a scalar matches where case does not matter.
    static func variants(of value: UInt32) -> [UInt32] {
        guard let scalar = Unicode.Scalar(value) else { return [] }
        var variants: Set<UInt32> = []
        for mapping in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
            let scalars = Array(mapping.unicodeScalars)
            if scalars.count == 1 { variants.insert(scalars[0].value) }
        }
        // The long s and the Kelvin sign fold to letters of ASCII, whose mappings do not lead back.
        switch value {
        case 0x53, 0x73: variants.insert(0x17F)
        case 0x4B, 0x6B: variants.insert(0x212A)
        case 0x17F: variants.formUnion([0x53, 0x73])
        case 0x212A: variants.formUnion([0x4B, 0x6B])
        default: break
        }
        variants.remove(value)
        return variants.sorted()
    }
}

extension UInt32 {
    /// `\w` as Oniguruma has it: without the joiners, and with the raised numbers and fractions of Latin-1.
    var isExpressionWord: Bool {
        switch self {
        case 0x200C, 0x200D: false
        default: isLatinNumber || isWord
        }
    }

    /// `²³¹¼½¾`
    fileprivate var isLatinNumber: Bool {
        switch self {
        case 0xB2, 0xB3, 0xB9, 0xBC...0xBE: true
        default: false
        }
    }
}
