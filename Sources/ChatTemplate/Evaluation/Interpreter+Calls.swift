import OrderedCollections

extension Interpreter {
    func call(_ callee: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        switch callee {
        case .function(let call): return try checked(try call.function(self, call.receiver, arguments))
        case .macro(let macro): return .text(try call(macro, arguments))
        case .loop(let loop):
            let values = try bind(arguments, to: "loop", ["iterable"], required: 1)
            return try recurse(loop, over: values[0] ?? .none)
        case .undefined(let undefined): throw failure(undefined.kind, undefined.message)
        default: throw failure(.type, "'\(callee.typeName)' object is not callable")
        }
    }

    // MARK: Macros

    private func call(_ macro: Macro, _ arguments: Arguments) throws(TemplateError) -> Text {
        try calling { () throws(TemplateError) -> Text in
            try inScope(of: macro.scope) { (_) throws(TemplateError) -> Text in
                try bind(arguments, to: macro)
                return try capture { () throws(TemplateError) in try execute(macro.definition.body) }.text
            }
        }
    }

    /// Assigns the parameters in the scope of the call.
    private func bind(_ arguments: Arguments, to macro: Macro) throws(TemplateError) {
        let definition = macro.definition
        let name = macro.name ?? "caller"
        var arguments = arguments
        let passed = arguments.positional.prefix(definition.parameters.count)
        for (parameter, value) in zip(definition.parameters, passed) { scope.assign(value, to: parameter.variable) }
        var takesCaller = definition.usesCaller
        var missing: [(variable: Variable, fallback: Expression?)] = []
        for parameter in definition.parameters.dropFirst(passed.count) {
            if let value = arguments.take(parameter.variable.name) {
                scope.assign(value, to: parameter.variable)
            } else {
                missing.append(parameter)
            }
            if parameter.variable.name == "caller" { takesCaller = false }
        }
        if takesCaller { try bindCaller(arguments.take("caller")) }
        try bindExtras(arguments, of: macro, named: name)
        // Defaults may mention the parameters before them.
        for parameter in missing {
            let value =
                try parameter.fallback.map { (fallback) throws(TemplateError) in try evaluate(fallback) }
                ?? .undefined(Undefined(.other("parameter '\(parameter.variable.name)' was not provided")))
            scope.assign(value, to: parameter.variable)
        }
    }

    private func bindCaller(_ caller: Value?) throws(TemplateError) {
        let caller = caller ?? .undefined(Undefined(.other("No caller defined")))
        assign(caller, toSpecial: "caller")
    }

    private func bindExtras(_ arguments: Arguments, of macro: Macro, named name: String) throws(TemplateError) {
        let extra = Array(arguments.positional.dropFirst(macro.definition.parameters.count))
        if macro.definition.usesExtraNamed {
            var entries = OrderedDictionary<Key, Value>()
            for (name, value) in arguments.named { entries[Key(Text(name))] = value }
            assign(try dictionary(entries), toSpecial: "kwargs")
        } else if let unexpected = arguments.named.first {
            throw failure(.type, "macro '\(name)' takes no keyword argument '\(unexpected.name)'")
        }
        if macro.definition.usesExtraPositional {
            assign(try tuple(extra), toSpecial: "varargs")
        } else if !extra.isEmpty {
            throw failure(
                .type, "macro '\(name)' takes not more than \(macro.definition.parameters.count) argument(s)")
        }
    }

    /// A variable that macros have without declaring it.
    private func assign(_ value: Value, toSpecial name: String) {
        guard let id = program.variables.firstIndex(of: name) else { return }
        scope.assign(value, to: Variable(id: id, name: name))
    }

    // MARK: Native functions

    /// Sorts the arguments of a call by the function's parameters; nil stands for what was not given.
    func bind(
        _ arguments: Arguments, to function: String, _ parameters: [String] = [], required: Int = 0
    ) throws(TemplateError) -> [Value?] {
        guard arguments.positional.count <= parameters.count else {
            throw failure(
                .type, "\(function) takes at most \(parameters.count) arguments, got \(arguments.positional.count)")
        }
        var values: [Value?] = arguments.positional
        values += Array(repeating: nil, count: parameters.count - values.count)
        for (name, value) in arguments.named {
            guard let index = parameters.firstIndex(of: name) else {
                throw failure(.type, "\(function) got an unexpected keyword argument '\(name)'")
            }
            guard values[index] == nil else { throw failure(.type, "\(function) got two values for '\(name)'") }
            values[index] = value
        }
        for index in 0..<required where values[index] == nil {
            throw failure(.type, "\(function) is missing the argument '\(parameters[index])'")
        }
        return values
    }

    /// An argument that has to be an integer.
    func integer(_ value: Value?, default fallback: Int, _ function: String) throws(TemplateError) -> Int {
        guard let value else { return fallback }
        if case .undefined(let undefined) = value { throw failure(undefined.kind, undefined.message) }
        guard let integer = value.asInteger else {
            throw failure(.type, "\(function): '\(value.typeName)' object cannot be interpreted as an integer")
        }
        return integer
    }

    /// An argument that has to be a string.
    func text(_ value: Value?, _ function: String) throws(TemplateError) -> Text {
        guard case .text(let text)? = value else {
            throw failure(.type, "\(function): expected a string, got '\(value?.typeName ?? "nothing")'")
        }
        return text
    }
}
