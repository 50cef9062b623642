import OrderedCollections

extension Methods {
    /// `str`, without what needs bytes or translation tables.
    static let strings = Methods(
        functions: [
            "capitalize": { (interpreter, receiver, arguments) throws(TemplateError) in
                try map(interpreter, receiver, arguments, "capitalize") { $0.capitalized() }
            },
            "casefold": { (interpreter, receiver, arguments) throws(TemplateError) in
                try map(interpreter, receiver, arguments, "casefold") { text in
                    text.mapScalars { $0 == "\u{DF}" ? "ss" : $0.properties.lowercaseMapping }
                }
            },
            "center": { (interpreter, receiver, arguments) throws(TemplateError) in
                try pad(interpreter, receiver, arguments, "center", .center)
            },
            "count": countOccurrences, "endswith": endsWith, "expandtabs": expandTabs, "find": find, "format": format,
            "format_map": formatMap, "index": indexFirst, "join": join,
            "isalnum": all("isalnum", \.isPythonAlphanumeric), "isalpha": all("isalpha", \.isPythonAlphabetic),
            "isascii": { (interpreter, receiver, arguments) throws(TemplateError) in
                .boolean(try text(interpreter, receiver, arguments, "isascii").isASCII)
            },
            "isdecimal": all("isdecimal") { $0.properties.numericType == .decimal },
            "isdigit": all("isdigit") { $0.properties.numericType.map { $0 != .numeric } ?? false },
            "isidentifier": isIdentifier,
            "islower": { (interpreter, receiver, arguments) throws(TemplateError) in
                .boolean(try text(interpreter, receiver, arguments, "islower").isLowercase)
            },
            "isnumeric": all("isnumeric") { $0.properties.numericType != nil },
            "isprintable": { (interpreter, receiver, arguments) throws(TemplateError) in
                let text = try text(interpreter, receiver, arguments, "isprintable")
                return .boolean(text.string.unicodeScalars.allSatisfy(\.isPythonPrintable))
            },
            "isspace": all("isspace", \.isPythonSpace),
            "istitle": { (interpreter, receiver, arguments) throws(TemplateError) in
                .boolean(try text(interpreter, receiver, arguments, "istitle").isTitled)
            },
            "isupper": { (interpreter, receiver, arguments) throws(TemplateError) in
                .boolean(try text(interpreter, receiver, arguments, "isupper").isUppercase)
            },
            "ljust": { (interpreter, receiver, arguments) throws(TemplateError) in
                try pad(interpreter, receiver, arguments, "ljust", .left)
            },
            "lower": { (interpreter, receiver, arguments) throws(TemplateError) in
                try map(interpreter, receiver, arguments, "lower") { $0.lowercased() }
            },
            "lstrip": { (interpreter, receiver, arguments) throws(TemplateError) in
                try strip(interpreter, receiver, arguments, "lstrip", leading: true, trailing: false)
            },
            "partition": { (interpreter, receiver, arguments) throws(TemplateError) in
                try partition(interpreter, receiver, arguments, "partition", fromRight: false)
            },
            "removeprefix": removePrefix, "removesuffix": removeSuffix, "replace": replace, "rfind": findLast,
            "rindex": indexLast,
            "rjust": { (interpreter, receiver, arguments) throws(TemplateError) in
                try pad(interpreter, receiver, arguments, "rjust", .right)
            },
            "rpartition": { (interpreter, receiver, arguments) throws(TemplateError) in
                try partition(interpreter, receiver, arguments, "rpartition", fromRight: true)
            },
            "rsplit": { (interpreter, receiver, arguments) throws(TemplateError) in
                try split(interpreter, receiver, arguments, "rsplit", fromRight: true)
            },
            "rstrip": { (interpreter, receiver, arguments) throws(TemplateError) in
                try strip(interpreter, receiver, arguments, "rstrip", leading: false, trailing: true)
            },
            "split": { (interpreter, receiver, arguments) throws(TemplateError) in
                try split(interpreter, receiver, arguments, "split", fromRight: false)
            },
            "splitlines": splitLines, "startswith": startsWith,
            "strip": { (interpreter, receiver, arguments) throws(TemplateError) in
                try strip(interpreter, receiver, arguments, "strip", leading: true, trailing: true)
            },
            "swapcase": { (interpreter, receiver, arguments) throws(TemplateError) in
                try map(interpreter, receiver, arguments, "swapcase") { $0.swappingCase() }
            },
            "title": { (interpreter, receiver, arguments) throws(TemplateError) in
                try map(interpreter, receiver, arguments, "title") { $0.titled() }
            },
            "upper": { (interpreter, receiver, arguments) throws(TemplateError) in
                try map(interpreter, receiver, arguments, "upper") { $0.uppercased() }
            },
            "zfill": zeroFill,
        ],
        unsafe: ["encode", "maketrans", "translate"])

    /// The receiver of a method without arguments.
    private static func text(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments, _ name: String
    ) throws(TemplateError) -> Text {
        _ = try interpreter.bind(arguments, to: name)
        return try interpreter.text(receiver, name)
    }

    private static func map(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments, _ name: String,
        _ transform: (Text) -> Text
    ) throws(TemplateError) -> Value {
        .text(transform(try text(interpreter, receiver, arguments, name)))
    }

    /// A method that says whether there are scalars and all have a property.
    private static func all(
        _ name: String, _ predicate: @escaping @Sendable (Unicode.Scalar) -> Bool
    ) -> NativeFunction {
        { (interpreter, receiver, arguments) throws(TemplateError) in
            let text = try text(interpreter, receiver, arguments, name)
            return .boolean(!text.isEmpty && text.string.unicodeScalars.allSatisfy(predicate))
        }
    }

    @Sendable private static func isIdentifier(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let scalars = try text(interpreter, receiver, arguments, "isidentifier").string.unicodeScalars
        let starts = scalars.first.map { $0 == "_" || $0.properties.isXIDStart } ?? false
        return .boolean(starts && scalars.allSatisfy(\.properties.isXIDContinue))
    }

    private static func pad(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments, _ name: String,
        _ alignment: Interpreter.Alignment
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: name, ["width", "fillchar"], required: 1)
        let fill =
            try bound[1].map { (fill) throws(TemplateError) in try interpreter.text(fill, name).scalars } ?? [" "]
        guard fill.count == 1 else {
            throw interpreter.failure(.type, "The fill character must be exactly one character long")
        }
        let width = try interpreter.integer(bound[0], default: 0, name)
        return .text(try interpreter.pad(try interpreter.text(receiver, name), to: width, with: fill[0], alignment))
    }

    private static func strip(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments, _ name: String, leading: Bool,
        trailing: Bool
    ) throws(TemplateError) -> Value {
        guard arguments.named.isEmpty else { throw interpreter.failure(.type, "\(name)() takes no keyword arguments") }
        let bound = try interpreter.bind(arguments, to: name, ["chars"])
        let text = try interpreter.text(receiver, name)
        return .text(try interpreter.trim(text, of: bound[0], leading: leading, trailing: trailing))
    }

    // MARK: Splitting and joining

    private static func split(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments, _ name: String, fromRight: Bool
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: name, ["sep", "maxsplit"])
        let text = try interpreter.text(receiver, name)
        let limit = try interpreter.limit(bound[1], name)
        try interpreter.charge(text.count >> 6)
        guard let separator = bound[0], !separator.isNone else {
            let parts = fromRight ? text.splitAtSpacesFromRight(limit: limit) : text.splitAtSpaces(limit: limit)
            return try interpreter.list(parts.map { .text($0) })
        }
        let mark = try interpreter.text(separator, name)
        guard !mark.isEmpty else { throw interpreter.failure(.value, "empty separator") }
        let parts =
            fromRight ? text.splitFromRight(separator: mark, limit: limit) : text.split(separator: mark, limit: limit)
        return try interpreter.list(parts.map { .text($0) })
    }

    @Sendable private static func splitLines(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "splitlines", ["keepends"])
        let text = try interpreter.text(receiver, "splitlines")
        try interpreter.charge(text.count >> 6)
        return try interpreter.list(text.lines(keepingEnds: bound[0]?.isTruthy ?? false).map { .text($0) })
    }

    private static func partition(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments, _ name: String, fromRight: Bool
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: name, ["sep"], required: 1)
        let text = try interpreter.text(receiver, name)
        let separator = try interpreter.text(bound[0], name)
        guard !separator.isEmpty else { throw interpreter.failure(.value, "empty separator") }
        guard let range = fromRight ? text.lastRange(of: separator) : text.firstRange(of: separator) else {
            let empty = Value.text(Text())
            return try interpreter.tuple(fromRight ? [empty, empty, .text(text)] : [.text(text), empty, empty])
        }
        let parts = [text[0..<range.lowerBound], separator, text[range.upperBound..<text.count]]
        return try interpreter.tuple(parts.map { .text($0) })
    }

    @Sendable private static func join(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "join", ["iterable"], required: 1)
        let separator = try interpreter.text(receiver, "join")
        var texts: [Text] = []
        for (index, member) in try interpreter.members(of: bound[0] ?? .none).enumerated() {
            guard case .text(let text) = member else {
                throw interpreter.failure(
                    .type, "sequence item \(index): expected str instance, \(member.typeName) found")
            }
            texts.append(separator.isMarkup ? text.escapedForMarkup : text.plain)
        }
        var result = try interpreter.join(texts, separator: separator)
        result.isMarkup = separator.isMarkup
        return .text(result)
    }

    // MARK: Changing

    @Sendable private static func replace(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        guard arguments.named.isEmpty else { throw interpreter.failure(.type, "replace() takes no keyword arguments") }
        let bound = try interpreter.bind(arguments, to: "replace", ["old", "new", "count"], required: 2)
        let text = try interpreter.text(receiver, "replace")
        let new = try interpreter.text(bound[1], "replace")
        return .text(
            try interpreter.replace(
                try interpreter.text(bound[0], "replace"), with: text.isMarkup ? new.escapedForMarkup : new.plain,
                in: text, limit: try interpreter.limit(bound[2], "replace")))
    }

    @Sendable private static func removePrefix(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "removeprefix", ["prefix"], required: 1)
        let text = try interpreter.text(receiver, "removeprefix")
        let prefix = try interpreter.text(bound[0], "removeprefix")
        return .text(text.hasPrefix(prefix) ? text[prefix.count..<text.count] : text)
    }

    @Sendable private static func removeSuffix(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "removesuffix", ["suffix"], required: 1)
        let text = try interpreter.text(receiver, "removesuffix")
        let suffix = try interpreter.text(bound[0], "removesuffix")
        return .text(text.hasSuffix(suffix) ? text[0..<text.count - suffix.count] : text)
    }

    @Sendable private static func expandTabs(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "expandtabs", ["tabsize"])
        let size = try interpreter.integer(bound[0], default: 8, "expandtabs")
        let text = try interpreter.text(receiver, "expandtabs")
        try interpreter.charge(bytes: text.count.multipliedFully(by: max(size, 1)))
        var column = 0
        return .text(
            text.mapScalars { scalar in
                switch scalar {
                case "\t":
                    let width = size > 0 ? size - column % size : 0
                    column += width
                    return String(repeating: " ", count: width)
                case "\n", "\r": column = 0
                default: column += 1
                }
                return String(scalar)
            })
    }

    @Sendable private static func zeroFill(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "zfill", ["width"], required: 1)
        let text = try interpreter.text(receiver, "zfill")
        let width = try interpreter.integer(bound[0], default: 0, "zfill")
        let hasSign = text.bytes.first.map { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") } ?? false
        var result = text[0..<(hasSign ? 1 : 0)]
        let digits = text[(hasSign ? 1 : 0)..<text.count]
        result.append(try interpreter.pad(digits, to: width.subtractingClamped(hasSign ? 1 : 0), with: "0", .right))
        return .text(result)
    }

    @Sendable private static func format(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        .text(try BraceFormat.apply(try interpreter.text(receiver, "format"), arguments, interpreter))
    }

    @Sendable private static func formatMap(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "format_map", ["mapping"], required: 1)
        var named: [(name: String, value: Value)] = []
        guard case .dictionary(let mapping)? = bound[0] else {
            throw interpreter.failure(.type, "format_map() needs a mapping")
        }
        for (key, value) in mapping.entries {
            if case .text(let name) = key.value { named.append((name.string, value)) }
        }
        return .text(
            try BraceFormat.apply(
                try interpreter.text(receiver, "format_map"), Arguments(named: named), interpreter))
    }
}
