/// What filters and methods of strings share.
extension Interpreter {
    /// Trims white space, or the scalars of `characters`.
    func trim(_ text: Text, of characters: Value?, leading: Bool, trailing: Bool) throws(TemplateError) -> Text {
        try charge(text.count >> 8)
        guard let characters, !characters.isNone else { return text.trimming(leading: leading, trailing: trailing) }
        let set = Set(try self.text(characters, "strip").scalars)
        return text.trimming(leading: leading, trailing: trailing) { set.contains($0) }
    }

    /// A bound on replacements or splits, which Python writes as a negative number or none when there is none.
    func limit(_ value: Value?, _ function: String) throws(TemplateError) -> Int {
        guard let value, !value.isNone else { return .max }
        let limit = try integer(value, default: -1, function)
        return limit < 0 ? .max : limit
    }

    func replace(_ old: Text, with new: Text, in text: Text, limit: Int) throws(TemplateError) -> Text {
        try charge(text.count >> 8)
        let ranges = text.ranges(of: old, limit: limit)
        try charge(elements: ranges.count)
        try charge(bytes: text.count + ranges.count.multipliedFully(by: new.count))
        return text.replacing(ranges, with: new)
    }

    func join(_ texts: [Text], separator: Text) throws(TemplateError) -> Text {
        let bytes = texts.reduce(0) { $0.addingClamped($1.count) }
        try charge(elements: texts.count)
        try charge(bytes: bytes.addingClamped(separator.count.multipliedFully(by: texts.count)))
        var result = Text()
        for (index, text) in texts.enumerated() {
            if index > 0 { result.append(separator) }
            result.append(text)
        }
        return result
    }

    enum Alignment {
        case left
        case right
        case center
    }

    /// Fills a text up to a width in scalars. The fill counts as coming from where the text comes from.
    func pad(
        _ text: Text, to width: Int, with fill: Unicode.Scalar, _ alignment: Alignment
    ) throws(TemplateError) -> Text {
        let missing = width.subtractingClamped(text.scalarCount)
        guard missing > 0 else { return text }
        try charge(bytes: width.multipliedFully(by: 4))
        let left =
            switch alignment {
            case .left: 0
            case .right: missing
            // Python's rounding of the odd one out.
            case .center: missing / 2 + (missing & width & 1)
            }
        var result = Text()
        result.isMarkup = text.isMarkup
        let fill = String(Character(fill))
        result.append(String(repeating: fill, count: left), isTrusted: text.isTrusted)
        result.append(text)
        result.append(String(repeating: fill, count: missing - left), isTrusted: text.isTrusted)
        return result
    }
}

extension Int {
    /// The product, or the largest integer when it does not fit; for lengths that are checked against a limit next.
    func multipliedFully(by other: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }

    func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    func subtractingClamped(_ other: Int) -> Int {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}

extension Unicode.Scalar {
    /// Letters and numbers, as `str.isalnum` and `\w` of Python have them.
    var isPythonAlphanumeric: Bool { isPythonAlphabetic || properties.numericType != nil }

    var isPythonAlphabetic: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }
}
