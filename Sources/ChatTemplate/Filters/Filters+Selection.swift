/// `map`, `select`, `reject` and their like: lazy, as in Jinja, so that a condition on their result is always true
/// and they can be walked through once.
extension Filters {
    @Sendable static func map(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        guard value.isTruthy else { return .generator(Generator([])) }
        var arguments = arguments
        if arguments.positional.isEmpty, let attribute = arguments.take("attribute") {
            let fallback = arguments.take("default")
            if let unexpected = arguments.named.first {
                throw interpreter.failure(.type, "map got an unexpected keyword argument '\(unexpected.name)'")
            }
            let path = try interpreter.attributePath(attribute)
            return try interpreter.lazily(over: value) { (member) throws(TemplateError) in
                try interpreter.follow(path, from: member, default: fallback)
            }
        }
        guard let name = arguments.positional.first else {
            throw interpreter.failure(.type, "map requires a filter argument")
        }
        arguments.positional.removeFirst()
        guard case .text(let text) = name, let function = table[text.string] else {
            let name = try interpreter.text(of: name).string
            return try interpreter.lazily(over: value) { (_) throws(TemplateError) in
                throw interpreter.failure(.syntax, "no filter named '\(name)'")
            }
        }
        return try interpreter.lazily(over: value) { [arguments] (member) throws(TemplateError) in
            try interpreter.checked(try function(interpreter, member, arguments))
        }
    }

    @Sendable static func select(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        try selection(interpreter, value, arguments, byAttribute: false, keeps: true)
    }

    @Sendable static func reject(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        try selection(interpreter, value, arguments, byAttribute: false, keeps: false)
    }

    @Sendable static func selectAttribute(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        try selection(interpreter, value, arguments, byAttribute: true, keeps: true)
    }

    @Sendable static func rejectAttribute(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        try selection(interpreter, value, arguments, byAttribute: true, keeps: false)
    }

    /// The members that pass (or fail) a test, or that are true without one; by an attribute, or by themselves.
    private static func selection(
        _ interpreter: Interpreter, _ value: Value, _ arguments: Arguments, byAttribute: Bool, keeps: Bool
    ) throws(TemplateError) -> Value {
        guard value.isTruthy else { return .generator(Generator([])) }
        var arguments = arguments
        var path: [Value] = []
        if byAttribute {
            guard !arguments.positional.isEmpty else {
                throw interpreter.failure(.type, "Missing parameter for attribute name")
            }
            path = try interpreter.attributePath(arguments.positional.removeFirst())
        }
        let name = arguments.positional.isEmpty ? nil : arguments.positional.removeFirst()
        let test = try name.map { (name) throws(TemplateError) in try selectionTest(name, interpreter) }
        return try interpreter.lazily(over: value) { [path, arguments] (member) throws(TemplateError) in
            let subject = try interpreter.follow(path, from: member)
            let passes = try test.map { (test) throws(TemplateError) in try test(interpreter, subject, arguments) }
            return (passes ?? subject.isTruthy) == keeps ? member : nil
        }
    }

    /// A test by name. An unknown one fails when it is first used, as it does in Jinja.
    private static func selectionTest(
        _ name: Value, _ interpreter: Interpreter
    ) throws(TemplateError) -> NativeTest {
        let text = try interpreter.text(of: name).string
        if let test = Tests.table[text] { return test }
        return { (interpreter, _, _) throws(TemplateError) -> Bool in
            throw interpreter.failure(.syntax, "no test named '\(text)'")
        }
    }
}
