extension Text {
    /// The code points, which is what Python calls the length.
    var scalarCount: Int { bytes.reduce(into: 0) { count, byte in count += byte & 0xC0 == 0x80 ? 0 : 1 } }

    var isASCII: Bool { bytes.allSatisfy { $0 < 0x80 } }

    /// The scalar that begins at a byte offset, and its length in bytes.
    func scalar(at offset: Int) -> (scalar: Unicode.Scalar, length: Int) {
        let first = bytes[offset]
        let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        if length == 1 { return (Unicode.Scalar(first), 1) }
        var value = UInt32(first) & (0xFF >> UInt32(length + 1))
        for byte in bytes[offset + 1..<min(offset + length, count)] { value = value << 6 | UInt32(byte & 0x3F) }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }

    /// The scalar that ends at a byte offset greater than zero, and its length in bytes.
    func scalar(before offset: Int) -> (scalar: Unicode.Scalar, length: Int) {
        var start = offset - 1
        while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        return scalar(at: start)
    }

    var scalars: [Unicode.Scalar] { Array(string.unicodeScalars) }

    /// The byte offset of each scalar, and the end.
    var scalarOffsets: [Int] {
        var offsets = bytes.indices.filter { bytes[$0] & 0xC0 != 0x80 }
        offsets.append(count)
        return offsets
    }

    /// One text per scalar, as iterating over a Python string gives.
    var characters: [Text] {
        let offsets = scalarOffsets
        return offsets.indices.dropLast().map { self[offsets[$0]..<offsets[$0 + 1]].plain }
    }

    /// Replaces every scalar; each replacement has the origin of what it replaces.
    func mapScalars(_ transform: (Unicode.Scalar) -> String) -> Text {
        var result = Text()
        result.isMarkup = isMarkup
        result.reserveCapacity(count)
        var offset = 0
        for run in runs {
            while offset < run.end {
                let (scalar, length) = scalar(at: offset)
                result.append(transform(scalar), isTrusted: run.isTrusted)
                offset += length
            }
        }
        return result
    }

    /// Trims the scalars that satisfy a predicate from the chosen ends.
    func trimming(
        leading: Bool = true, trailing: Bool = true, where isTrimmed: (Unicode.Scalar) -> Bool = \.isPythonSpace
    ) -> Text {
        var start = 0
        var end = count
        while leading, start < end {
            let (scalar, length) = scalar(at: start)
            guard isTrimmed(scalar) else { break }
            start += length
        }
        while trailing, end > start {
            let (scalar, length) = scalar(before: end)
            guard isTrimmed(scalar) else { break }
            end -= length
        }
        return self[start..<end]
    }
}

extension Unicode.Scalar {
    /// What `str.isspace`, `str.strip` and `\s` of Python take for white space.
    var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// What Python takes for the end of a line in `str.splitlines`.
    var isPythonLineBreak: Bool {
        switch value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    /// What `repr` prints as it is.
    var isPythonPrintable: Bool {
        if value < 0x7F { return value >= 0x20 }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }
}
