import OrderedCollections

/// The methods of Python's built-in types.
struct Methods {
    var functions: [String: NativeFunction]
    /// Methods that Python has and the sandbox forbids, mostly because they change their object.
    var unsafe: Set<String> = []

    /// The methods of a value's type; nil for types without any.
    static func table(for value: Value) -> Methods? {
        switch value {
        case .text: strings
        case .dictionary: dictionaries
        case .list: lists
        case .tuple, .range: sequences
        case .float: floats
        case .integer, .boolean: integers
        case .loop: loops
        case .cycler: cyclers
        default: nil
        }
    }
}

// MARK: - Containers and numbers

extension Methods {
    private static let dictionaries = Methods(
        functions: ["get": get, "items": items, "keys": keys, "values": values, "copy": copy],
        unsafe: ["clear", "pop", "popitem", "setdefault", "update"])
    private static let lists = Methods(
        functions: ["count": count, "index": index, "copy": copy],
        unsafe: ["append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"])
    private static let sequences = Methods(functions: ["count": count, "index": index])
    private static let floats = Methods(functions: ["is_integer": isInteger])
    private static let integers = Methods(functions: ["bit_length": bitLength])
    private static let loops = Methods(functions: ["cycle": cycle, "changed": changed])
    private static let cyclers = Methods(functions: ["next": next, "reset": reset])

    private static func mapping(_ receiver: Value) -> Mapping {
        if case .dictionary(let mapping) = receiver { mapping } else { Mapping([:]) }
    }

    @Sendable private static func get(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        guard arguments.named.isEmpty else { throw interpreter.failure(.type, "get() takes no keyword arguments") }
        let bound = try interpreter.bind(arguments, to: "get", ["key", "default"], required: 1)
        return mapping(receiver).entries[try interpreter.key(bound[0] ?? .none)] ?? bound[1] ?? .none
    }

    @Sendable private static func items(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "items")
        return .view(DictionaryView(mapping(receiver), .items))
    }

    @Sendable private static func keys(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "keys")
        return .view(DictionaryView(mapping(receiver), .keys))
    }

    @Sendable private static func values(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "values")
        return .view(DictionaryView(mapping(receiver), .values))
    }

    /// Nothing can change, so a copy is the same.
    @Sendable private static func copy(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "copy")
        return receiver
    }

    @Sendable private static func count(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "count", ["value"], required: 1)
        var count = 0
        for member in try interpreter.members(of: receiver) {
            try interpreter.charge()
            if try interpreter.areEqual(member, bound[0] ?? .none) { count += 1 }
        }
        return .integer(count)
    }

    @Sendable private static func index(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "index", ["value", "start", "stop"], required: 1)
        let members = try interpreter.members(of: receiver)
        func clip(_ bound: Int) -> Int { min(max(bound < 0 ? bound + members.count : bound, 0), members.count) }
        let start = clip(try interpreter.integer(bound[1], default: 0, "index"))
        let stop = clip(try interpreter.integer(bound[2], default: members.count, "index"))
        for index in start..<max(start, stop) {
            try interpreter.charge()
            if try interpreter.areEqual(members[index], bound[0] ?? .none) { return .integer(index) }
        }
        throw interpreter.failure(.value, "\(try interpreter.repr(of: bound[0] ?? .none).string) is not in the list")
    }

    @Sendable private static func isInteger(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "is_integer")
        let number = receiver.asDouble ?? 0
        return .boolean(number.isFinite && number.rounded() == number)
    }

    @Sendable private static func bitLength(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "bit_length")
        return .integer(Int.bitWidth - (receiver.asInteger ?? 0).magnitude.leadingZeroBitCount)
    }
}

// MARK: - Loops and cyclers

extension Methods {
    @Sendable private static func cycle(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        guard case .loop(let loop) = receiver, !arguments.positional.isEmpty, arguments.named.isEmpty else {
            throw interpreter.failure(.type, "no items for cycling given")
        }
        return arguments.positional[loop.index % arguments.positional.count]
    }

    @Sendable private static func changed(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        guard case .loop(let loop) = receiver, arguments.named.isEmpty else {
            throw interpreter.failure(.type, "changed() takes no keyword arguments")
        }
        let now = Value.tuple(Elements(arguments.positional))
        if let last = loop.lastChecked, try interpreter.areEqual(.tuple(Elements(last)), now) { return .boolean(false) }
        loop.lastChecked = arguments.positional
        return .boolean(true)
    }

    @Sendable private static func next(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "next")
        guard case .cycler(let cycler) = receiver else { return .none }
        defer { cycler.position = (cycler.position + 1) % cycler.values.count }
        return cycler.values[cycler.position]
    }

    @Sendable private static func reset(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        _ = try interpreter.bind(arguments, to: "reset")
        if case .cycler(let cycler) = receiver { cycler.position = 0 }
        return .none
    }
}
