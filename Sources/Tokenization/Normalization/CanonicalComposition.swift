/// Unicode normalisation forms C and D (UAX 15), in time that stays linear whatever the text.
struct CanonicalComposition: Sendable {
    let tables = CompositionTables.shared

    /// A decomposed scalar and its combining class.
    struct Part {
        var scalar: UInt32
        var combiningClass: UInt8
    }

    /// The composed form of the well-formed UTF-8 in `range`, or `nil` if that is the text itself.
    ///
    /// Only stretches around scalars that composition can touch are worked on; most text has none.
    func compose(_ text: borrowing Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        var composed: [UInt8] = []
        var parts: [Part] = []
        var copied = range.lowerBound
        var previous = range.lowerBound
        var index = range.lowerBound
        while index < range.upperBound {
            let scalar = text.scalar(at: index)
            guard tables.isActive(scalar.value) else {
                previous = index
                index = scalar.next
                continue
            }
            // The starter before may take part, unless it belongs to what has been composed already.
            let start = max(previous, copied)
            for index in copied..<start { composed.append(text[index]) }
            let end = endOfActive(text, from: scalar.next, limit: range.upperBound)
            decompose(text, start..<end, into: &parts)
            order(&parts)
            append(&parts, to: &composed)
            (copied, previous, index) = (end, end, end)
        }
        guard copied > range.lowerBound else { return nil }
        for index in copied..<range.upperBound { composed.append(text[index]) }
        return composed
    }

    private func endOfActive(_ text: borrowing Span<UInt8>, from start: Int, limit: Int) -> Int {
        var index = start
        while index < limit {
            let scalar = text.scalar(at: index)
            guard tables.isActive(scalar.value) else { break }
            index = scalar.next
        }
        return index
    }

    private func decompose(_ text: borrowing Span<UInt8>, _ range: Range<Int>, into parts: inout [Part]) {
        parts.removeAll(keepingCapacity: true)
        var index = range.lowerBound
        while index < range.upperBound {
            let scalar = text.scalar(at: index)
            for part in tables.decomposition(scalar.value) ?? [scalar.value] {
                parts.append(Part(scalar: part, combiningClass: tables.combiningClass(part)))
            }
            index = scalar.next
        }
    }

    /// Sorts each run of non-starters by combining class, equals keeping their order.
    func order(_ parts: inout [Part]) {
        var index = 0
        while index < parts.count {
            let start = index
            var isOrdered = true
            while index < parts.count, parts[index].combiningClass != 0 {
                if index > start, parts[index - 1].combiningClass > parts[index].combiningClass { isOrdered = false }
                index += 1
            }
            // The standard library's sort is stable in fact but not by contract, so the place decides between equals.
            if !isOrdered {
                let sorted = parts[start..<index].enumerated().sorted {
                    ($0.element.combiningClass, $0.offset) < ($1.element.combiningClass, $1.offset)
                }
                parts.replaceSubrange(start..<index, with: sorted.map(\.element))
            }
            if index == start { index += 1 }
        }
    }

    /// Joins each part to the last starter where they compose and nothing of its class or higher stands between.
    private func append(_ parts: inout [Part], to output: inout [UInt8]) {
        var starter: Int?
        var lastClass: UInt8 = 0
        var kept = 0
        for part in parts {
            let isBlocked = starter != kept - 1 && (lastClass >= part.combiningClass)
            if let starter, !isBlocked, let composite = tables.composition(parts[starter].scalar, part.scalar) {
                parts[starter].scalar = composite
                continue
            }
            if part.combiningClass == 0 { starter = kept }
            lastClass = part.combiningClass
            parts[kept] = part
            kept += 1
        }
        for part in parts[..<kept] { output.append(scalar: part.scalar) }
    }
}
