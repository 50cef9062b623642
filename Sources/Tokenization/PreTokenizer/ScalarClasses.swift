/// The Unicode properties that splitting rules ask for, one bit each.
struct ScalarClass: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    static let letter = ScalarClass(rawValue: 1 << 0)
    static let number = ScalarClass(rawValue: 1 << 1)
    static let whitespace = ScalarClass(rawValue: 1 << 2)
    static let mark = ScalarClass(rawValue: 1 << 3)
    static let punctuation = ScalarClass(rawValue: 1 << 4)
    static let symbol = ScalarClass(rawValue: 1 << 5)
    /// Upper and title case: `\p{Lu}` and `\p{Lt}`.
    static let upper = ScalarClass(rawValue: 1 << 6)
    /// Lower case: `\p{Ll}`. A letter that is neither upper nor lower is `\p{Lm}` or `\p{Lo}`.
    static let lower = ScalarClass(rawValue: 1 << 7)

    /// What a regular expression calls `\s\p{L}\p{N}`; a scalar with none of them is the "other" of a rule.
    static let wordOrSpace: ScalarClass = [.letter, .number, .whitespace]
}

/// A table from scalar to class, in two steps: a page of 256 scalars, then the scalar within it.
///
/// PERF: asking `Unicode.Scalar.Properties` for each scalar costs about 90 ns; the table about 1 ns.
struct ScalarClasses: Sendable {
    /// Built once from the standard library's Unicode data, on first use.
    static let shared = ScalarClasses()

    /// Scalars younger than this count as unassigned. The reference tokenisers are built on Unicode 16, and ids must
    /// not depend on which version the Swift standard library carries.
    static let newestUnicodeMajorVersion = 16

    /// For each page of 256 scalars, the index of its block.
    private let pages: [UInt16]

    /// Distinct blocks of 256 classes; the first is the one of U+0000 ..< U+0100.
    private let blocks: [UInt8]

    private init() {
        var pages: [UInt16] = []
        var blocks: [UInt8] = []
        var known: [[UInt8]: UInt16] = [:]
        for page in 0..<UInt32(0x1100) {
            let block = (0..<256).map { Self.classify(page << 8 | UInt32($0)).rawValue }
            if let index = known[block] {
                pages.append(index)
            } else {
                let index = UInt16(blocks.count >> 8)
                known[block] = index
                pages.append(index)
                blocks.append(contentsOf: block)
            }
        }
        self.pages = pages
        self.blocks = blocks
    }

    /// Planes 4 to 13, 15 and 16 hold no letter, number or space in any Unicode version up to the pinned one.
    private static func classify(_ value: UInt32) -> ScalarClass {
        guard value < 0x40000 || (value >> 16) == 14, let scalar = Unicode.Scalar(value) else { return [] }
        let properties = scalar.properties
        guard let age = properties.age, age.major <= newestUnicodeMajorVersion else { return [] }
        let category = classify(properties.generalCategory)
        return properties.isWhitespace ? category.union(.whitespace) : category
    }

    private static func classify(_ category: Unicode.GeneralCategory) -> ScalarClass {
        switch category {
        case .uppercaseLetter, .titlecaseLetter: [.letter, .upper]
        case .lowercaseLetter: [.letter, .lower]
        case .modifierLetter, .otherLetter: .letter
        case .decimalNumber, .letterNumber, .otherNumber: .number
        case .nonspacingMark, .spacingMark, .enclosingMark: .mark
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            .punctuation
        case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: .symbol
        default: []
        }
    }

    /// The class of a scalar. Values beyond U+10FFFF are a programmer's error.
    @inline(__always)
    func classOf(_ scalar: UInt32) -> ScalarClass {
        let block = Int(pages[Int(scalar >> 8)])
        return ScalarClass(rawValue: blocks[block << 8 | Int(scalar & 0xFF)])
    }

    /// The class of the scalar that begins at `index`, and where the next one begins.
    @inline(__always)
    func read(_ text: borrowing Span<UInt8>, at index: Int) -> (class: ScalarClass, next: Int) {
        let byte = text[index]
        if byte < 0x80 { return (ScalarClass(rawValue: blocks[Int(byte)]), index + 1) }
        let scalar = text.scalar(at: index)
        return (classOf(scalar.value), scalar.next)
    }

    /// The end of the run of scalars from `start` that have at least one bit of `wanted`.
    @inline(__always)
    func endOfRun(of wanted: ScalarClass, in text: borrowing Span<UInt8>, from start: Int, limit: Int) -> Int {
        var index = start
        while index < limit {
            let scalar = read(text, at: index)
            if scalar.class.isDisjoint(with: wanted) { break }
            index = scalar.next
        }
        return index
    }

    /// The end of the run of scalars from `start` that have no bit of `unwanted`.
    @inline(__always)
    func endOfRun(without unwanted: ScalarClass, in text: borrowing Span<UInt8>, from start: Int, limit: Int) -> Int {
        var index = start
        while index < limit {
            let scalar = read(text, at: index)
            if !scalar.class.isDisjoint(with: unwanted) { break }
            index = scalar.next
        }
        return index
    }
}

extension Span<UInt8> {
    /// Decodes the scalar that begins at `index`. The bytes are well-formed UTF-8 and `index` a scalar's first byte:
    /// they come from a `String`.
    @inline(__always)
    func scalar(at index: Int) -> (value: UInt32, next: Int) {
        let first = UInt32(self[index])
        if first < 0x80 { return (first, index + 1) }
        let second = UInt32(self[index + 1] & 0x3F)
        if first < 0xE0 { return ((first & 0x1F) << 6 | second, index + 2) }
        let third = UInt32(self[index + 2] & 0x3F)
        if first < 0xF0 { return ((first & 0x0F) << 12 | second << 6 | third, index + 3) }
        let fourth = UInt32(self[index + 3] & 0x3F)
        return ((first & 0x07) << 18 | second << 12 | third << 6 | fourth, index + 4)
    }
}
