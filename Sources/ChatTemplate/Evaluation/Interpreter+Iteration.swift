import OrderedCollections

extension Interpreter {
    /// The members that iterating over a value gives.
    func members(of value: Value) throws(TemplateError) -> [Value] {
        switch value {
        case .list(let elements), .tuple(let elements): return elements.values
        case .undefined: return []
        case .text(let text):
            try charge(elements: text.count)
            return text.characters.map { .text($0) }
        case .dictionary(let mapping):
            try charge(elements: mapping.entries.count)
            return mapping.keys
        case .view(let view):
            try charge(elements: view.mapping.entries.count)
            return view.values
        case .range(let range):
            try charge(elements: range.count)
            return range.values
        case .generator(let generator): return try drain(generator)
        case .loop(let loop):
            var values: [Value] = []
            while let value = try loop.advance() {
                try charge()
                values.append(try tuple([value, .loop(loop)]))
            }
            return values
        default: throw failure(.type, "'\(value.typeName)' object is not iterable")
        }
    }

    func drain(_ generator: Generator) throws(TemplateError) -> [Value] {
        try descend { () throws(TemplateError) -> [Value] in
            var values: [Value] = []
            while let value = try generator.next() {
                try charge()
                values.append(value)
            }
            return values
        }
    }

    func generator(over value: Value) throws(TemplateError) -> Generator {
        if case .generator(let generator) = value { return generator }
        return Generator(try members(of: value))
    }

    /// Members made one by one by `transform`, which drops those it gives nil for. Nothing happens before the first
    /// is asked for: what cannot be iterated is no error until then.
    func lazily(
        over value: Value, _ transform: @escaping (Value) throws(TemplateError) -> Value?
    ) throws(TemplateError) -> Value {
        try check(depth: value.depth + 1)
        var source: Generator?
        let result = Generator(depth: value.depth + 1) { [self] () throws(TemplateError) -> Value? in
            try descend { () throws(TemplateError) -> Value? in
                let members = if let source { source } else { try generator(over: value) }
                source = members
                while let value = try members.next() {
                    try charge()
                    if let result = try transform(value) { return result }
                }
                return nil
            }
        }
        return .generator(result)
    }

    /// `len()` where Python has it.
    func knownLength(of value: Value) -> Int? {
        switch value {
        case .list(let elements), .tuple(let elements): elements.values.count
        case .text(let text): text.scalarCount
        case .dictionary(let mapping): mapping.entries.count
        case .view(let view): view.mapping.entries.count
        case .range(let range): range.count
        case .undefined: 0
        default: nil
        }
    }
}
