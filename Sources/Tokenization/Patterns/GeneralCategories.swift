/// Unicode's general category of each scalar, in a table.
struct GeneralCategories: Sendable {
    /// Built on first use, which is the first expression that names a category.
    static let shared = GeneralCategories()

    /// For each page of 256 scalars, the index of its block of categories.
    private let pages: [UInt16]
    private let blocks: [UInt8]

    /// The short names in the order of their numbers.
    static let names = [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "Sm",
        "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn",
    ]

    /// What the names' first letters are called in full.
    private static let longNames = [
        "Letter": "L", "Mark": "M", "Number": "N", "Punctuation": "P", "Symbol": "S", "Separator": "Z", "Other": "C",
        "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Titlecase_Letter": "Lt", "Modifier_Letter": "Lm",
        "Other_Letter": "Lo", "Nonspacing_Mark": "Mn", "Decimal_Number": "Nd", "Currency_Symbol": "Sc",
        "Math_Symbol": "Sm",
    ]

    /// The categories that a name stands for: `L` all letters, `Lu` capitals. One bit for each number.
    static func bits(named name: String) -> UInt32? {
        let name = longNames[name] ?? name
        var bits: UInt32 = 0
        for (index, category) in names.enumerated() where category.hasPrefix(name) && !name.isEmpty {
            bits |= 1 << UInt32(index)
        }
        return bits == 0 ? nil : bits
    }

    private init() {
        var pages: [UInt16] = []
        var blocks: [UInt8] = []
        var known: [[UInt8]: UInt16] = [:]
        for page in 0..<UInt32(0x1100) {
            let block = (0..<256).map { Self.classify(page << 8 | UInt32($0)) }
            if let index = known[block] {
                pages.append(index)
            } else {
                let index = UInt16(truncatingIfNeeded: blocks.count >> 8)
                known[block] = index
                pages.append(index)
                blocks.append(contentsOf: block)
            }
        }
        self.pages = pages
        self.blocks = blocks
    }

    @inline(__always)
    func category(of scalar: UInt32) -> UInt32 {
        UInt32(blocks[Int(pages[Int(scalar >> 8)]) << 8 | Int(scalar & 0xFF)])
    }

    private static let unassigned: UInt8 = 29

    private static func classify(_ value: UInt32) -> UInt8 {
        // Planes 4 to 13 are empty.
        if value >= 0x40000, value >> 16 < 14 { return unassigned }
        guard let scalar = Unicode.Scalar(value) else { return 27 }
        guard let age = scalar.properties.age, age.major <= ScalarClasses.newestUnicodeMajorVersion else {
            return value >> 16 >= 15 ? 28 : unassigned
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter: return 0
        case .lowercaseLetter: return 1
        case .titlecaseLetter: return 2
        case .modifierLetter: return 3
        case .otherLetter: return 4
        case .nonspacingMark: return 5
        case .spacingMark: return 6
        case .enclosingMark: return 7
        case .decimalNumber: return 8
        case .letterNumber: return 9
        case .otherNumber: return 10
        case .connectorPunctuation: return 11
        case .dashPunctuation: return 12
        case .openPunctuation: return 13
        case .closePunctuation: return 14
        case .initialPunctuation: return 15
        case .finalPunctuation: return 16
        case .otherPunctuation: return 17
        case .mathSymbol: return 18
        case .currencySymbol: return 19
        case .modifierSymbol: return 20
        case .otherSymbol: return 21
        case .spaceSeparator: return 22
        case .lineSeparator: return 23
        case .paragraphSeparator: return 24
        case .control: return 25
        case .format: return 26
        case .surrogate: return 27
        case .privateUse: return 28
        default: return unassigned
        }
    }
}
