import OrderedCollections

/// The functions that every template can call.
enum Globals {
    static let table: [String: NativeFunction] = [
        "range": range, "dict": dictionary, "namespace": namespace, "cycler": cycler, "joiner": joiner,
        "raise_exception": raise, "strftime_now": formatNow,
    ]

    @Sendable private static func range(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        guard arguments.named.isEmpty else {
            throw interpreter.failure(.type, "range() takes no keyword arguments")
        }
        var bounds: [Int] = []
        for argument in arguments.positional { bounds.append(try interpreter.integer(argument, default: 0, "range")) }
        guard (1...3).contains(bounds.count) else {
            throw interpreter.failure(.type, "range expected 1 to 3 arguments, got \(bounds.count)")
        }
        let range = RangeValue(
            start: bounds.count > 1 ? bounds[0] : 0, stop: bounds.count > 1 ? bounds[1] : bounds[0],
            step: bounds.count > 2 ? bounds[2] : 1)
        guard range.step != 0 else { throw interpreter.failure(.value, "range() arg 3 must not be zero") }
        guard range.count <= interpreter.limits.rangeLength else {
            throw interpreter.failure(
                .budget(.rangeLength), "a range is longer than \(interpreter.limits.rangeLength)")
        }
        return .range(range)
    }

    /// `dict(mapping_or_pairs, **members)`
    @Sendable private static func dictionary(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        try interpreter.dictionary(try members(interpreter, arguments, of: "dict"))
    }

    private static func members(
        _ interpreter: Interpreter, _ arguments: Arguments, of function: String
    ) throws(TemplateError) -> OrderedDictionary<Key, Value> {
        guard arguments.positional.count <= 1 else {
            throw interpreter.failure(
                .type, "\(function) expected at most 1 argument, got \(arguments.positional.count)")
        }
        var entries = OrderedDictionary<Key, Value>()
        if let source = arguments.positional.first {
            if case .dictionary(let mapping) = source {
                entries = mapping.entries
            } else {
                for pair in try interpreter.members(of: source) {
                    let members = try interpreter.members(of: pair)
                    guard members.count == 2 else {
                        throw interpreter.failure(.value, "\(function): expected pairs of key and value")
                    }
                    entries[try interpreter.key(members[0])] = members[1]
                }
            }
        }
        for (name, value) in arguments.named { entries[Key(Text(name))] = value }
        return entries
    }

    @Sendable private static func namespace(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let namespace = interpreter.makeNamespace()
        for (key, value) in try members(interpreter, arguments, of: "namespace") {
            // Only attributes can be read back, so other keys are of no use.
            guard case .text(let name) = key.value else { continue }
            guard !name.hasPrefix("_") else {
                throw interpreter.failure(.security, "an attribute of a namespace begins with an underscore")
            }
            namespace[name] = value
        }
        return .namespace(namespace)
    }

    @Sendable private static func cycler(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        guard !arguments.positional.isEmpty, arguments.named.isEmpty else {
            throw interpreter.failure(.type, "cycler: at least one item has to be provided")
        }
        try interpreter.check(depth: Elements(arguments.positional).depth)
        return .cycler(Cycler(arguments.positional))
    }

    /// A function that gives nothing the first time and the separator from then on.
    @Sendable private static func joiner(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "joiner", ["sep"])
        let state = Value.cycler(Cycler([.string(""), bound[0] ?? .string(", ")]))
        return .function(
            NativeCall("joiner", on: state) { (interpreter, receiver, arguments) throws(TemplateError) in
                _ = try interpreter.bind(arguments, to: "joiner")
                guard case .cycler(let state) = receiver else { return .none }
                defer { state.position = 1 }
                return state.values[state.position]
            })
    }

    @Sendable private static func raise(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "raise_exception", ["message"], required: 1)
        throw interpreter.failure(.raised, try interpreter.text(of: bound[0] ?? .none).string)
    }

    @Sendable private static func formatNow(
        _ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let bound = try interpreter.bind(arguments, to: "strftime_now", ["format"], required: 1)
        let format = try interpreter.text(bound[0], "strftime_now")
        try interpreter.charge(bytes: format.count.multipliedFully(by: 16))
        return .text(Text(interpreter.context.now.formatted(format.string), isTrusted: format.isTrusted))
    }
}
