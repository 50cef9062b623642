/// A normalisation that looks at one scalar at a time.
enum ScalarMapping: Sendable {
    /// Each scalar's own lower case, without regard to its neighbours: a final sigma is one like any other.
    case lowercase
    /// Combining marks go away, of whatever kind.
    case withoutMarks
    /// SentencePiece's translation rules: control characters go away, other spaces become plain ones.
    case translation

    /// The result, or nil if that is the text itself.
    func apply(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(range.count)
        var isChanged = false
        var index = range.lowerBound
        while index < range.upperBound {
            let scalar = text.scalar(at: index)
            let start = output.count
            append(scalar.value, to: &output)
            let isSame =
                output.count - start == scalar.next - index
                && (0..<scalar.next - index).allSatisfy {
                    output[start + $0] == text[index + $0]
                }
            isChanged = isChanged || !isSame
            index = scalar.next
        }
        return isChanged ? output : nil
    }

    private func append(_ scalar: UInt32, to output: inout [UInt8]) {
        switch self {
        case .lowercase: output.appendLowercase(scalar)
        case .withoutMarks:
            if !ScalarClasses.shared.classOf(scalar).contains(.mark) { output.append(scalar: scalar) }
        case .translation: appendTranslated(scalar, to: &output)
        }
    }

    private func appendTranslated(_ scalar: UInt32, to output: inout [UInt8]) {
        switch scalar {
        case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: break
        case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
            output.append(UInt8(ascii: " "))
        default: output.append(scalar: scalar)
        }
    }
}

extension [UInt8] {
    /// Appends the UTF-8 of a scalar; values that are none leave nothing.
    mutating func append(scalar: UInt32) {
        guard let scalar = Unicode.Scalar(scalar) else { return }
        if scalar.isASCII {
            append(UInt8(truncatingIfNeeded: scalar.value))
        } else {
            for byte in Unicode.UTF8.encode(scalar) ?? .init() { append(byte) }
        }
    }

    /// Appends the lower case of a scalar by itself.
    mutating func appendLowercase(_ scalar: UInt32) {
        if scalar < 0x80 {
            let byte = UInt8(truncatingIfNeeded: scalar)
            append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte)
        } else if ScalarClasses.shared.classOf(scalar).isDisjoint(with: [.upper, .symbol, .number]) {
            // Only capitals have another lower case: letters, and letters in circles or as numbers.
            append(scalar: scalar)
        } else if let scalar = Unicode.Scalar(scalar) {
            append(contentsOf: scalar.properties.lowercaseMapping.utf8)
        }
    }
}
