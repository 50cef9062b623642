@_spi(_Unicode) import Swift

/// What Unicode normalisation form C needs to know of each scalar.
struct CompositionTables: Sendable {
    /// Built once, on first use; only some models normalise.
    static let shared = CompositionTables()

    /// Beyond this, and below U+00C0, scalars neither decompose nor combine.
    static let scalars: Range<UInt32> = 0xC0..<0x30000

    /// Younger scalars are left alone. The reference tokenisers normalise by Unicode 9, and a mark that they do not
    /// know as one is to them a letter in whose place nothing may be reordered.
    static let newestUnicodeMajorVersion = 9

    /// One bit for each of `scalars`' upper bound: whether composition may touch it.
    private var active: [UInt64]

    /// The full canonical decompositions, Hangul excepted.
    private var decompositions: [UInt32: [UInt32]] = [:]

    /// What a starter and a following scalar compose to, the starter in the upper half of the key.
    private var compositions: [UInt64: UInt32] = [:]

    /// The combining classes other than 0.
    private var combiningClasses: [UInt32: UInt8] = [:]

    /// The standard library normalises for its own string comparison; its decompositions are visible only to Apple's
    /// Foundation. They are asked for here one scalar at a time and never for text: on a long run of combining marks
    /// the library takes quadratic time. All of Foundation, or a second copy of Unicode's data, would cost more.
    private init() {
        active = [UInt64](repeating: 0, count: Int(Self.scalars.upperBound / 64))
        var composites: [(composite: UInt32, parts: [UInt32])] = []
        for value in Self.scalars {
            guard !Hangul.syllables.contains(value), let scalar = Unicode.Scalar(value) else { continue }
            guard let age = scalar.properties.age, age.major <= Self.newestUnicodeMajorVersion else { continue }
            let combiningClass = scalar.properties.canonicalCombiningClass.rawValue
            if combiningClass != 0 {
                combiningClasses[value] = combiningClass
                activate(value)
            }
            let parts = String(scalar)._nfd.map(\.value)
            guard parts != [value] else { continue }
            decompositions[value] = parts
            if Array(String(scalar)._nfc) == [scalar] { composites.append((value, parts)) } else { activate(value) }
        }
        // A composite of three parts is the composite of the first two, found before, with the third.
        for (composite, parts) in composites.sorted(by: { $0.parts.count < $1.parts.count }) {
            var first = parts[0]
            for part in parts[1..<(parts.count - 1)] {
                first = compositions[Self.pair(first, part)] ?? first
            }
            let second = parts[parts.count - 1]
            compositions[Self.pair(first, second)] = composite
            activate(second)
        }
        for jamo in Hangul.vowels { activate(jamo) }
        for jamo in Hangul.trailing { activate(jamo) }
    }

    /// Whether composition may change the scalar or join it to the one before. If not, it is a starter, and nothing
    /// before it in a text bears on what follows it.
    @inline(__always)
    func isActive(_ scalar: UInt32) -> Bool {
        guard Self.scalars.contains(scalar) else { return false }
        return active[Int(scalar >> 6)] >> UInt64(scalar & 63) & 1 != 0
    }

    func combiningClass(_ scalar: UInt32) -> UInt8 {
        combiningClasses[scalar] ?? 0
    }

    /// The scalar's full canonical decomposition, or `nil` if that is the scalar itself.
    func decomposition(_ scalar: UInt32) -> [UInt32]? {
        Hangul.syllables.contains(scalar) ? Hangul.decomposition(scalar) : decompositions[scalar]
    }

    func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
        Hangul.composition(first, second) ?? compositions[Self.pair(first, second)]
    }

    private static func pair(_ first: UInt32, _ second: UInt32) -> UInt64 {
        UInt64(first) << 32 | UInt64(second)
    }

    private mutating func activate(_ scalar: UInt32) {
        active[Int(scalar >> 6)] |= 1 << UInt64(scalar & 63)
    }
}

/// Korean syllables compose by arithmetic (Unicode standard, section 3.12).
enum Hangul {
    static let syllables: Range<UInt32> = 0xAC00..<0xD7A4
    static let leading: Range<UInt32> = 0x1100..<0x1113
    static let vowels: Range<UInt32> = 0x1161..<0x1176
    static let trailing: Range<UInt32> = 0x11A8..<0x11C3

    /// How many trailing consonants a syllable may have, "none" counted too.
    private static let trailingCount: UInt32 = 28
    private static let vowelCount: UInt32 = 21

    static func decomposition(_ syllable: UInt32) -> [UInt32] {
        let index = syllable - syllables.lowerBound
        let trail = index % trailingCount
        let lead = leading.lowerBound + index / trailingCount / vowelCount
        let vowel = vowels.lowerBound + index / trailingCount % vowelCount
        return trail == 0 ? [lead, vowel] : [lead, vowel, trailing.lowerBound + trail - 1]
    }

    static func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if leading.contains(first), vowels.contains(second) {
            let index = (first - leading.lowerBound) * vowelCount + second - vowels.lowerBound
            return syllables.lowerBound + index * trailingCount
        }
        guard syllables.contains(first), trailing.contains(second),
            (first - syllables.lowerBound) % trailingCount == 0
        else { return nil }
        return first + 1 + second - trailing.lowerBound
    }
}
