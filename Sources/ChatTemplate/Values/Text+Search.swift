extension Text {
    /// Where a text occurs first at or after a byte offset.
    func firstRange(of part: Text, from start: Int = 0, to end: Int? = nil) -> Range<Int>? {
        let end = end ?? count
        guard start <= end else { return nil }
        guard !part.isEmpty else { return start..<start }
        let found = ByteSearch.first(part.bytes, in: bytes[start..<end])
        return found.map { $0..<$0 + part.count }
    }

    /// Where a text occurs last before a byte offset.
    func lastRange(of part: Text, from start: Int = 0, to end: Int? = nil) -> Range<Int>? {
        let end = end ?? count
        guard start <= end else { return nil }
        guard !part.isEmpty else { return end..<end }
        // The first occurrence in the text read backwards.
        let found = ByteSearch.first(Array(part.bytes.reversed()), in: Array(bytes[start..<end].reversed())[...])
        return found.map { end - $0 - part.count..<end - $0 }
    }

    func hasPrefix(_ prefix: Text) -> Bool { bytes.starts(with: prefix.bytes) }

    func hasSuffix(_ suffix: Text) -> Bool {
        count >= suffix.count && bytes[(count - suffix.count)...].elementsEqual(suffix.bytes)
    }

    /// Where a text occurs without overlaps, from the left.
    func ranges(of part: Text, limit: Int = .max) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        if part.isEmpty {
            return scalarOffsets.prefix(limit).map { $0..<$0 }
        }
        var start = 0
        while ranges.count < limit, let range = firstRange(of: part, from: start) {
            ranges.append(range)
            start = range.upperBound
        }
        return ranges
    }

    /// The stretches between occurrences of a separator.
    func split(separator: Text, limit: Int = .max) -> [Text] {
        var parts: [Text] = []
        var start = 0
        for range in ranges(of: separator, limit: limit) {
            parts.append(self[start..<range.lowerBound])
            start = range.upperBound
        }
        parts.append(self[start..<count])
        return parts
    }

    /// The same from the right, which differs when there is a limit.
    func splitFromRight(separator: Text, limit: Int) -> [Text] {
        var parts: [Text] = []
        var end = count
        while parts.count < limit, let range = lastRange(of: separator, to: end) {
            parts.append(self[range.upperBound..<end])
            end = range.lowerBound
        }
        parts.append(self[0..<end])
        return parts.reversed()
    }

    /// The words between stretches of white space; what is left after `limit` splits keeps its spaces.
    func splitAtSpaces(limit: Int = .max) -> [Text] {
        var parts: [Text] = []
        var position = skip(from: 0, while: \.isPythonSpace)
        while position < count {
            if parts.count == limit {
                parts.append(self[position..<count])
                break
            }
            let end = skip(from: position) { !$0.isPythonSpace }
            parts.append(self[position..<end])
            position = skip(from: end, while: \.isPythonSpace)
        }
        return parts
    }

    func splitAtSpacesFromRight(limit: Int) -> [Text] {
        var parts: [Text] = []
        var rest = trimming(leading: false)
        while !rest.isEmpty, parts.count < limit {
            var start = rest.count
            while start > 0 {
                let (scalar, length) = rest.scalar(before: start)
                if scalar.isPythonSpace { break }
                start -= length
            }
            parts.append(rest[start..<rest.count])
            rest = rest[0..<start].trimming(leading: false)
        }
        if !rest.isEmpty { parts.append(rest) }
        return parts.reversed()
    }

    /// The first offset from `start` whose scalar does not satisfy a predicate.
    private func skip(from start: Int, while predicate: (Unicode.Scalar) -> Bool) -> Int {
        var position = start
        while position < count {
            let (scalar, length) = scalar(at: position)
            guard predicate(scalar) else { break }
            position += length
        }
        return position
    }

    /// The lines, at every line boundary that Python knows.
    func lines(keepingEnds: Bool = false) -> [Text] {
        var lines: [Text] = []
        var start = 0
        while start < count {
            let end = skip(from: start) { !$0.isPythonLineBreak }
            guard end < count else {
                lines.append(self[start..<end])
                break
            }
            var next = end + scalar(at: end).length
            if bytes[end] == 0x0D, next < count, bytes[next] == 0x0A { next += 1 }
            lines.append(self[start..<(keepingEnds ? next : end)])
            start = next
        }
        return lines
    }

    /// The same text with replacements, each of its own origin.
    func replacing(_ ranges: [Range<Int>], with replacement: Text) -> Text {
        guard !ranges.isEmpty else { return self }
        var result = Text()
        result.isMarkup = isMarkup
        var start = 0
        for range in ranges {
            result.append(self[start..<range.lowerBound])
            result.append(replacement)
            start = range.upperBound
        }
        result.append(self[start..<count])
        return result
    }
}
