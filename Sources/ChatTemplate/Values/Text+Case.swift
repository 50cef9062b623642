extension Text {
    func uppercased() -> Text { mapScalars(\.properties.uppercaseMapping) }

    func lowercased() -> Text {
        guard !isASCII else { return mapScalars { String($0.properties.lowercaseMapping) } }
        var lower = LowercaseMapping(scalars)
        return mapScalars { lower.next($0) }
    }

    /// The first scalar in title case, the others in lower case.
    func capitalized() -> Text {
        guard !isEmpty else { return self }
        let length = scalar(at: 0).length
        var result = self[0..<length].mapScalars(\.properties.titlecaseMapping)
        result.append(self[length..<count].lowercased())
        return result
    }

    /// `str.title`: a cased scalar after an uncased one begins a word.
    func titled() -> Text {
        var isInWord = false
        var lower = LowercaseMapping(scalars)
        return mapScalars { scalar in
            defer { isInWord = scalar.properties.isCased }
            let lowercase = lower.next(scalar)
            return isInWord ? lowercase : scalar.properties.titlecaseMapping
        }
    }

    func swappingCase() -> Text {
        var lower = LowercaseMapping(scalars)
        return mapScalars { scalar in
            let lowercase = lower.next(scalar)
            if scalar.properties.isUppercase { return lowercase }
            return scalar.properties.isLowercase ? scalar.properties.uppercaseMapping : String(scalar)
        }
    }

    var isUppercase: Bool {
        let scalars = string.unicodeScalars
        return scalars.contains { $0.properties.isUppercase }
            && !scalars.contains { $0.properties.isLowercase || $0.properties.generalCategory == .titlecaseLetter }
    }

    var isLowercase: Bool {
        let scalars = string.unicodeScalars
        return scalars.contains { $0.properties.isLowercase }
            && !scalars.contains { $0.properties.isUppercase || $0.properties.generalCategory == .titlecaseLetter }
    }

    /// Every word begins in upper case and goes on in lower case.
    var isTitled: Bool {
        var isInWord = false
        var hasWord = false
        for scalar in string.unicodeScalars {
            if scalar.properties.isUppercase || scalar.properties.generalCategory == .titlecaseLetter {
                guard !isInWord else { return false }
                isInWord = true
                hasWord = true
            } else if scalar.properties.isLowercase {
                guard isInWord else { return false }
            } else {
                isInWord = false
            }
        }
        return hasWord
    }

    /// The five characters that HTML minds, as MarkupSafe writes them.
    func escapedForHTML() -> Text {
        var result = mapScalars { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&#34;"
            case "'": "&#39;"
            default: String(scalar)
            }
        }
        result.isMarkup = true
        return result
    }

    /// What becomes of the text when it is joined to a `Markup` string.
    var escapedForMarkup: Text { isMarkup ? self : escapedForHTML() }

    var asMarkup: Text {
        var result = self
        result.isMarkup = true
        return result
    }
}

/// Lower case in context: a capital sigma at the end of a word has a form of its own.
struct LowercaseMapping {
    private let scalars: [Unicode.Scalar]
    private var index = 0

    init(_ scalars: [Unicode.Scalar]) {
        self.scalars = scalars
    }

    mutating func next(_ scalar: Unicode.Scalar) -> String {
        defer { index += 1 }
        guard scalar == "\u{3A3}" else { return scalar.properties.lowercaseMapping }
        let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        let isFinal = before?.properties.isCased == true && after?.properties.isCased != true
        return isFinal ? "\u{3C2}" : "\u{3C3}"
    }
}
