/// A native function of the template language, bound to the value it was looked up on: `receiver` is what a filter
/// filters and what a method belongs to.
typealias NativeFunction =
    @Sendable (_ interpreter: Interpreter, _ receiver: Value, _ arguments: Arguments) throws(TemplateError) -> Value

/// A test, for `is`.
typealias NativeTest =
    @Sendable (_ interpreter: Interpreter, _ value: Value, _ arguments: Arguments) throws(TemplateError) -> Bool

/// A function as a value: a global, or a method of its receiver.
final class NativeCall {
    let name: String
    let receiver: Value
    let function: NativeFunction

    init(_ name: String, on receiver: Value = .none, _ function: @escaping NativeFunction) {
        self.name = name
        self.receiver = receiver
        self.function = function
    }
}

/// The arguments of a call after evaluation.
struct Arguments {
    var positional: [Value] = []
    var named: [(name: String, value: Value)] = []

    /// Removes and returns a named argument.
    mutating func take(_ name: String) -> Value? {
        guard let index = named.firstIndex(where: { $0.name == name }) else { return nil }
        return named.remove(at: index).value
    }
}

/// The mutable object that templates keep state in across scopes.
final class Namespace {
    var attributes: [(name: Text, value: Value)] = []

    subscript(name: Text) -> Value? {
        get { attributes.first { $0.name == name }?.value }
        set {
            if let index = attributes.firstIndex(where: { $0.name == name }) {
                if let newValue { attributes[index].value = newValue } else { attributes.remove(at: index) }
            } else if let newValue {
                attributes.append((name, newValue))
            }
        }
    }
}

/// A macro with the scope it was defined in.
final class Macro {
    let definition: MacroDefinition
    let scope: Scope

    init(_ definition: MacroDefinition, in scope: Scope) {
        self.definition = definition
        self.scope = scope
    }

    var name: String? { definition.variable?.name }
}

/// Lazily computed members, each given once: what `map`, `select` and their like return.
final class Generator {
    /// One more than the depth of what it draws from.
    let depth: Int
    private var advance: (() throws(TemplateError) -> Value?)?

    init(depth: Int, _ advance: @escaping () throws(TemplateError) -> Value?) {
        self.depth = depth
        self.advance = advance
    }

    convenience init(_ values: [Value]) {
        var index = 0
        self.init(depth: Elements(values).depth) { () throws(TemplateError) -> Value? in
            guard index < values.count else { return nil }
            index += 1
            return values[index - 1]
        }
    }

    /// The next member, or nil for good once there is none.
    func next() throws(TemplateError) -> Value? {
        guard let advance else { return nil }
        if let value = try advance() { return value }
        self.advance = nil
        return nil
    }
}

/// `cycler(...)` and `joiner(...)`.
final class Cycler {
    let values: [Value]
    var position = 0

    init(_ values: [Value]) {
        self.values = values
    }
}
