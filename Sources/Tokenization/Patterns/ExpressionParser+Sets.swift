extension ExpressionParser {
    /// What stands behind a backslash outside brackets.
    mutating func parseEscape() throws(TokenizerError) -> ExpressionTree {
        position += 1
        guard let scalar = current else { throw fault("it ends with a backslash") }
        let anchors: [Unicode.Scalar: RegularExpression.Anchor] = [
            "A": .start, "z": .end, "Z": .endOrLastNewline, "b": .wordBoundary, "B": .noWordBoundary,
        ]
        if let anchor = anchors[scalar] {
            position += 1
            return .anchor(anchor)
        }
        if ("1"..."9").contains(scalar) { throw fault("it refers back to a group") }
        if let set = try parseClass(isInBrackets: false) { return .set(set) }
        return folded(try parseEscapedScalar())
    }

    /// `\s`, `\p{L}` and so on, at the letter behind the backslash; nil if no class begins there.
    private mutating func parseClass(isInBrackets: Bool) throws(TokenizerError) -> ScalarMatcher? {
        guard let letter = current else { return nil }
        let digits = ScalarMatcher.Item.categories(GeneralCategories.bits(named: "Nd") ?? 0)
        let known: [Unicode.Scalar: ScalarMatcher.Item] = [
            "s": .whitespace, "d": digits, "w": .word(isInBrackets: isInBrackets),
            "h": .set(ScalarMatcher([.range(0x30...0x39), .range(0x41...0x46), .range(0x61...0x66)])),
        ]
        if let item = known[letter] {
            position += 1
            return ScalarMatcher([item])
        }
        if let item = known[Unicode.Scalar(letter.value | 0x20) ?? letter], letter.properties.isUppercase {
            position += 1
            return ScalarMatcher([item], isNegated: true)
        }
        guard letter == "p" || letter == "P" else { return nil }
        position += 1
        return try parseProperty(isNegated: letter == "P")
    }

    private mutating func parseProperty(isNegated: Bool) throws(TokenizerError) -> ScalarMatcher {
        var name = ""
        if skip("{") {
            while let scalar = current, scalar != "}" {
                name.unicodeScalars.append(scalar)
                position += 1
            }
            guard skip("}") else { throw fault("a brace is not closed") }
        } else if let scalar = current {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        var isNegated = isNegated
        if name.hasPrefix("^") {
            name.removeFirst()
            isNegated.toggle()
        }
        for prefix in ["Script=", "sc=", "General_Category=", "gc=", "Is"] where name.hasPrefix(prefix) {
            name.removeFirst(prefix.count)
        }
        return ScalarMatcher([try item(named: name)], isNegated: isNegated)
    }

    private func item(named name: String) throws(TokenizerError) -> ScalarMatcher.Item {
        if let bits = GeneralCategories.bits(named: name) { return .categories(bits) }
        if let script = Script(named: name) { return .script(script) }
        func categories(_ names: [String]) -> ScalarMatcher.Item {
            .categories(names.reduce(0) { $0 | (GeneralCategories.bits(named: $1) ?? 0) })
        }
        switch name.lowercased() {
        case "alpha", "alphabetic": return categories(["L", "M", "Nl"])
        case "digit": return categories(["Nd"])
        case "alnum": return categories(["L", "M", "N"])
        case "upper", "uppercase": return categories(["Lu"])
        case "lower", "lowercase": return categories(["Ll"])
        case "space", "white_space": return .whitespace
        case "word": return .word(isInBrackets: false)
        // The engine of the reference counts ASCII's symbols among the punctuation here.
        case "punct":
            return .set(
                ScalarMatcher([
                    categories(["P"]), .range(0x24...0x24), .range(0x2B...0x2B), .range(0x3C...0x3E),
                    .range(0x5E...0x5E), .range(0x60...0x60), .range(0x7C...0x7C), .range(0x7E...0x7E),
                ]))
        case "cntrl": return categories(["Cc"])
        case "any": return .range(0...0x10FFFF)
        default: throw fault("it has the unknown property \(name)")
        }
    }

    /// A letter that stands for a control character, a number, or a sign that stands for itself.
    private mutating func parseEscapedScalar() throws(TokenizerError) -> UInt32 {
        guard let scalar = current else { throw fault("it ends with a backslash") }
        position += 1
        switch scalar {
        case "n": return 0x0A
        case "r": return 0x0D
        case "t": return 0x09
        case "f": return 0x0C
        case "v": return 0x0B
        case "a": return 0x07
        case "e": return 0x1B
        case "0": return 0
        case "x": return try parseHexadecimal(2)
        case "u": return try parseHexadecimal(4)
        case "U": return try parseHexadecimal(8)
        default:
            if scalar.properties.isAlphabetic { throw fault("it has the unknown escape \\\(scalar)") }
            return scalar.value
        }
    }

    /// So many digits, or any number of them in braces.
    private mutating func parseHexadecimal(_ count: Int) throws(TokenizerError) -> UInt32 {
        let isBraced = skip("{")
        var digits = ""
        while let scalar = current, scalar.properties.isASCIIHexDigit, digits.count < (isBraced ? 8 : count) {
            digits.unicodeScalars.append(scalar)
            position += 1
        }
        guard let value = UInt32(digits, radix: 16), Unicode.Scalar(value) != nil, !isBraced || skip("}") else {
            throw fault("an escape is no character")
        }
        return value
    }

    /// A set in brackets, with sets inside and `&&` between sets.
    mutating func parseSet(_ depth: Int = 0) throws(TokenizerError) -> ScalarMatcher {
        guard depth < 20 else { throw fault("its brackets nest too deep") }
        position += 1
        let isNegated = skip("^")
        var items: [ScalarMatcher.Item] = []
        var others: [ScalarMatcher] = []
        var isFirst = true
        while isFirst || current != "]" {
            guard current != nil else { throw fault("a bracket is not closed") }
            if !isFirst, skip("&&") {
                let before = ScalarMatcher(items)
                others.append(before)
                items = []
            } else if let item = try parseSetItem(depth) {
                items.append(item)
            }
            isFirst = false
        }
        position += 1
        let set = ScalarMatcher(items, isNegated: isNegated, others: others)
        return foldsCase ? set.foldingCase() : set
    }

    private mutating func parseSetItem(_ depth: Int) throws(TokenizerError) -> ScalarMatcher.Item? {
        if skip("[:") {
            let isNegated = skip("^")
            var name = ""
            while let scalar = current, scalar != ":" {
                name.unicodeScalars.append(scalar)
                position += 1
            }
            guard skip(":]") else { throw fault("a bracket is not closed") }
            return .set(ScalarMatcher([try item(named: name)], isNegated: isNegated))
        }
        if current == "[" { return .set(try parseSet(depth + 1)) }
        if current == "\\" {
            let start = position
            position += 1
            if let set = try parseClass(isInBrackets: true) { return .set(set) }
            position = start
        }
        let low = try parseSetScalar()
        guard current == "-", position + 1 < scalars.count, scalars[position + 1] != 0x5D else {
            return .range(low...low)
        }
        let start = position
        position += 1
        if current == "[" || current == "\\" && isClassNext() {
            position = start
            return .range(low...low)
        }
        let high = try parseSetScalar()
        guard low <= high else { throw fault("a range's bounds are the wrong way round") }
        return .range(low...high)
    }

    private func isClassNext() -> Bool {
        guard position + 1 < scalars.count, let letter = Unicode.Scalar(scalars[position + 1]) else { return false }
        return "sSdDwWpPhH".unicodeScalars.contains(letter)
    }

    private mutating func parseSetScalar() throws(TokenizerError) -> UInt32 {
        guard let scalar = current else { throw fault("a bracket is not closed") }
        position += 1
        return scalar == "\\" ? try parseEscapedScalar() : scalar.value
    }
}
