extension Interpreter {
    /// A stable merge sort that pays for its comparisons, which may fail.
    func sorted<Element>(
        _ elements: [Element], by isLess: (Element, Element) throws(TemplateError) -> Bool
    ) throws(TemplateError) -> [Element] {
        var source = elements
        var width = 1
        while width < source.count {
            var merged: [Element] = []
            merged.reserveCapacity(source.count)
            var start = 0
            while start < source.count {
                let middle = min(start + width, source.count)
                let end = min(middle + width, source.count)
                try charge(end - start)
                try merge(source[start..<middle], source[middle..<end], into: &merged, by: isLess)
                start = end
            }
            source = merged
            width *= 2
        }
        return source
    }

    private func merge<Element>(
        _ left: ArraySlice<Element>, _ right: ArraySlice<Element>, into merged: inout [Element],
        by isLess: (Element, Element) throws(TemplateError) -> Bool
    ) throws(TemplateError) {
        var left = left
        var right = right
        while let first = left.first, let second = right.first {
            if try isLess(second, first) {
                merged.append(second)
                right.removeFirst()
            } else {
                merged.append(first)
                left.removeFirst()
            }
        }
        merged += left
        merged += right
    }

    /// Values in the order of their keys. Descending order keeps equals in place too, as in Python.
    func sorted(
        _ values: [Value], descending: Bool, key: (Value) throws(TemplateError) -> Value
    ) throws(TemplateError) -> [Value] {
        var keyed: [(key: Value, value: Value)] = []
        for value in values { keyed.append((try key(value), value)) }
        if descending { keyed.reverse() }
        keyed = try sorted(keyed) { (left, right) throws(TemplateError) in try self.isLess(left.key, right.key, "<") }
        return descending ? keyed.reversed().map(\.value) : keyed.map(\.value)
    }
}
