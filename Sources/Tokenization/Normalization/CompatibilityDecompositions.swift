/// What scalars are made of where looks do not count: `ﬁ` is `fi`, `①` is `1` (UAX 15, forms KC and KD).
struct CompatibilityDecompositions: Sendable {
    /// Built on first use; few models normalise so.
    static let shared = CompatibilityDecompositions()

    private var parts: [UInt32: [UInt32]] = [:]

    private init() {
        var scalar: UInt32 = 0
        for word in Self.text.split(whereSeparator: \.isWhitespace) {
            let sides = word.split(separator: ":")
            let head = sides[0].split(separator: "*").compactMap { UInt32($0, radix: 16) }
            let first = sides[1].split(separator: ",").compactMap { UInt32($0, radix: 16) }
            scalar += head[0]
            for offset in 0..<(head.count > 1 ? head[1] : 1) {
                guard let age = Unicode.Scalar(scalar + offset)?.properties.age,
                    age.major <= CompositionTables.newestUnicodeMajorVersion
                else { continue }
                parts[scalar + offset] = first.dropLast() + [first[first.count - 1] + offset]
            }
        }
    }

    /// The full compatibility decomposition, or nil if it is the canonical one.
    func decomposition(_ scalar: UInt32) -> [UInt32]? { parts[scalar] }

    /// The text with every such scalar replaced, or nil if there is none.
    func apply(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        var output: [UInt8] = []
        var copied = range.lowerBound
        var index = range.lowerBound
        while index < range.upperBound {
            let scalar = text.scalar(at: index)
            if scalar.value >= 0xA0, let parts = parts[scalar.value] {
                for index in copied..<index { output.append(text[index]) }
                for part in parts { output.append(scalar: part) }
                copied = scalar.next
            }
            index = scalar.next
        }
        guard copied > range.lowerBound else { return nil }
        for index in copied..<range.upperBound { output.append(text[index]) }
        return output
    }
}
