import OrderedCollections

extension Filters {
    @Sendable static func upper(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "upper")
        return .text(try interpreter.text(of: value).uppercased())
    }

    @Sendable static func lower(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "lower")
        return .text(try interpreter.text(of: value).lowercased())
    }

    @Sendable static func capitalize(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "capitalize")
        return .text(try interpreter.text(of: value).capitalized())
    }

    /// Words begin after white space, hyphens and opening brackets, unlike in `str.title`.
    @Sendable static func title(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "title")
        let text = try interpreter.text(of: value).plain
        var isWordStart = true
        var lower = LowercaseMapping(text.scalars)
        return .text(
            text.mapScalars { scalar in
                let lowercase = lower.next(scalar)
                let isSeparator = scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar)
                defer { isWordStart = isSeparator }
                if isSeparator { return String(scalar) }
                return isWordStart ? scalar.properties.uppercaseMapping : lowercase
            })
    }

    @Sendable static func trim(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "trim", ["chars"])
        let text = try interpreter.text(of: value)
        return .text(try interpreter.trim(text, of: bound[0], leading: true, trailing: true))
    }

    @Sendable static func replace(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "replace", ["old", "new", "count"], required: 2)
        let text = try interpreter.text(of: value).plain
        let old = try interpreter.text(of: bound[0] ?? .none).plain
        let new = try interpreter.text(of: bound[1] ?? .none).plain
        let limit = try interpreter.limit(bound[2], "replace")
        return .text(try interpreter.replace(old, with: new, in: text, limit: limit))
    }

    @Sendable static func join(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "join", ["d", "attribute"])
        let separator = try interpreter.text(of: bound[0] ?? .string("")).plain
        let path = try interpreter.attributePath(bound[1])
        var texts: [Text] = []
        for member in try interpreter.members(of: value) {
            let value = path.isEmpty ? member : try interpreter.follow(path, from: member)
            texts.append(try interpreter.text(of: value).plain)
        }
        return .text(try interpreter.join(texts, separator: separator))
    }

    @Sendable static func indent(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "indent", ["width", "first", "blank"])
        if case .undefined(let undefined) = value { throw interpreter.failure(undefined.kind, undefined.message) }
        var text = try interpreter.text(value, "indent")
        let indentation =
            if case .text(let text)? = bound[0] {
                text
            } else {
                try interpreter.repeated(" ", try interpreter.integer(bound[0], default: 4, "indent"))
            }
        text.append("\n")
        let lines = text.lines()
        try interpreter.charge(bytes: text.count + indentation.count.multipliedFully(by: lines.count))
        let indentsBlank = bound[2]?.isTruthy ?? false
        var result = Text()
        result.isMarkup = text.isMarkup
        if bound[1]?.isTruthy ?? false { result.append(indentation) }
        for (index, line) in lines.enumerated() {
            if index > 0 {
                result.append("\n")
                if indentsBlank || !line.isEmpty { result.append(indentation) }
            }
            result.append(line)
        }
        return .text(result)
    }

    @Sendable static func truncate(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "truncate", ["length", "killwords", "end", "leeway"])
        let length = try interpreter.integer(bound[0], default: 255, "truncate")
        let end = try bound[2].map { (end) throws(TemplateError) in try interpreter.text(end, "truncate") } ?? "..."
        let leeway = bound[3]?.isNone == true ? 5 : try interpreter.integer(bound[3], default: 5, "truncate")
        guard length >= end.scalarCount, leeway >= 0 else {
            throw interpreter.failure(.value, "truncate: the length is shorter than the end mark")
        }
        // Whatever has a length may be short enough; only strings can be cut.
        if let count = interpreter.knownLength(of: value), count <= length.addingClamped(leeway) { return value }
        let text = try interpreter.text(value, "truncate")
        let offsets = text.scalarOffsets
        var result = text[0..<offsets[length - end.scalarCount]]
        if !(bound[1]?.isTruthy ?? false), let space = result.lastRange(of: " ") {
            result = result[0..<space.lowerBound]
        }
        result.append(end)
        return .text(result)
    }

    @Sendable static func center(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "center", ["width"])
        let width = try interpreter.integer(bound[0], default: 80, "center")
        return .text(try interpreter.pad(try interpreter.text(of: value), to: width, with: " ", .center))
    }

    @Sendable static func format(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let text = try interpreter.text(of: value)
        guard arguments.named.isEmpty else {
            guard arguments.positional.isEmpty else {
                throw interpreter.failure(.type, "format: positional and keyword arguments cannot be mixed")
            }
            let entries = arguments.named.map { (Key(Text($0.name)), $0.value) }
            let mapping = try interpreter.dictionary(.init(uniqueKeysWithValues: entries))
            return .text(try PercentFormat.apply(text, to: mapping, interpreter))
        }
        return .text(try PercentFormat.apply(text, to: try interpreter.tuple(arguments.positional), interpreter))
    }

    @Sendable static func wordCount(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "wordcount")
        var count = 0
        var isInWord = false
        for scalar in try interpreter.text(of: value).string.unicodeScalars {
            let isWord = scalar == "_" || scalar.isPythonAlphanumeric
            if isWord, !isInWord { count += 1 }
            isInWord = isWord
        }
        return .integer(count)
    }
}

// MARK: - Markup

extension Filters {
    @Sendable static func safe(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "safe")
        return .text(try interpreter.text(of: value).asMarkup)
    }

    @Sendable static func escape(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "escape")
        return .text(try interpreter.text(of: value).escapedForMarkup)
    }

    @Sendable static func forceEscape(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "forceescape")
        return .text(try interpreter.text(of: value).escapedForHTML())
    }

    /// Drops comments and tags, decodes the five entities that `escape` writes, and joins words by single spaces.
    @Sendable static func stripTags(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "striptags")
        var text = try interpreter.text(of: value).plain
        for (open, close) in [("<!--", "-->"), ("<", ">")] as [(Text, Text)] {
            var kept = Text()
            var start = 0
            while let opening = text.firstRange(of: open, from: start),
                let closing = text.firstRange(of: close, from: opening.upperBound)
            {
                kept.append(text[start..<opening.lowerBound])
                start = closing.upperBound
            }
            kept.append(text[start..<text.count])
            text = kept
        }
        text = try interpreter.join(text.splitAtSpaces(), separator: " ")
        for (entity, scalar) in [
            ("&lt;", "<"), ("&gt;", ">"), ("&#34;", "\""), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&"),
        ] as [(Text, Text)] {
            text = text.replacing(text.ranges(of: entity), with: scalar)
        }
        return .text(text.blended)
    }

    /// Percent encoding of a string, or of pairs as a query.
    @Sendable static func urlEncode(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "urlencode")
        let pairs: [Value]
        switch value {
        case .dictionary(let mapping): pairs = mapping.items
        case .list, .tuple, .undefined, .view, .generator: pairs = try interpreter.members(of: value)
        default: return .text(percentEncoded(try interpreter.text(of: value), isQuery: false))
        }
        var parts: [Text] = []
        for pair in pairs {
            let members = try interpreter.members(of: pair)
            guard members.count == 2 else { throw interpreter.failure(.value, "urlencode: expected pairs") }
            var part = percentEncoded(try interpreter.text(of: members[0]), isQuery: true)
            part.append("=")
            part.append(percentEncoded(try interpreter.text(of: members[1]), isQuery: true))
            parts.append(part)
        }
        return .text(try interpreter.join(parts, separator: "&"))
    }

    private static func percentEncoded(_ text: Text, isQuery: Bool) -> Text {
        text.plain.mapScalars { scalar in
            if scalar == " " && isQuery { return "+" }
            let isKept =
                scalar.isASCII
                && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "_.-~".unicodeScalars.contains(scalar) || (scalar == "/" && !isQuery))
            if isKept { return String(scalar) }
            return UTF8.encode(scalar).map { unit in
                unit.map { byte in
                    let hex = String(byte, radix: 16, uppercase: true)
                    return hex.count < 2 ? "%0" + hex : "%" + hex
                }.joined()
            } ?? ""
        }
    }
}
