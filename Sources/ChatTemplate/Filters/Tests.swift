/// The tests by name, for `is`, `select` and their like.
enum Tests {
    static let table: [String: NativeTest] = {
        var table = kinds.merging(comparisons) { first, _ in first }
        table.merge(properties) { first, _ in first }
        return table
    }()

    /// What a value is.
    private static let kinds: [String: NativeTest] = [
        "defined": plain { !$0.isUndefined },
        "undefined": plain(\.isUndefined),
        "none": plain(\.isNone),
        "boolean": plain { if case .boolean = $0 { true } else { false } },
        "true": plain { if case .boolean(true) = $0 { true } else { false } },
        "false": plain { if case .boolean(false) = $0 { true } else { false } },
        "integer": plain { if case .integer = $0 { true } else { false } },
        "float": plain { if case .float = $0 { true } else { false } },
        "number": plain { $0.asDouble != nil },
        "string": plain { $0.asText != nil },
        "mapping": plain { if case .dictionary = $0 { true } else { false } },
        "sequence": plain { value in
            switch value {
            case .text, .list, .tuple, .dictionary, .range, .undefined: true
            default: false
            }
        },
        "iterable": plain { value in
            switch value {
            case .text, .list, .tuple, .dictionary, .range, .undefined, .view, .generator, .loop: true
            default: false
            }
        },
        "callable": plain { value in
            switch value {
            case .function, .macro, .loop, .undefined: true
            default: false
            }
        },
        "escaped": plain { $0.asText?.isMarkup == true },
    ]

    private static let comparisons: [String: NativeTest] = [
        "==": comparison(.equal), "eq": comparison(.equal), "equalto": comparison(.equal),
        "!=": comparison(.notEqual), "ne": comparison(.notEqual),
        "<": comparison(.less), "lt": comparison(.less), "lessthan": comparison(.less),
        "<=": comparison(.lessOrEqual), "le": comparison(.lessOrEqual),
        ">": comparison(.greater), "gt": comparison(.greater), "greaterthan": comparison(.greater),
        ">=": comparison(.greaterOrEqual), "ge": comparison(.greaterOrEqual),
        "in": comparison(.isIn),
    ]

    private static let properties: [String: NativeTest] = [
        "odd": { (interpreter, value, arguments) throws(TemplateError) in
            _ = try interpreter.bind(arguments, to: "odd")
            return try interpreter.remainder(of: value, by: .integer(2)).asDouble == 1
        },
        "even": { (interpreter, value, arguments) throws(TemplateError) in
            _ = try interpreter.bind(arguments, to: "even")
            return try interpreter.remainder(of: value, by: .integer(2)).asDouble == 0
        },
        "divisibleby": { (interpreter, value, arguments) throws(TemplateError) in
            let bound = try interpreter.bind(arguments, to: "divisibleby", ["num"], required: 1)
            return try interpreter.remainder(of: value, by: bound[0] ?? .none).asDouble == 0
        },
        "lower": { (interpreter, value, arguments) throws(TemplateError) in
            _ = try interpreter.bind(arguments, to: "lower")
            return try interpreter.text(of: value).isLowercase
        },
        "upper": { (interpreter, value, arguments) throws(TemplateError) in
            _ = try interpreter.bind(arguments, to: "upper")
            return try interpreter.text(of: value).isUppercase
        },
        "filter": { (interpreter, value, arguments) throws(TemplateError) in
            _ = try interpreter.bind(arguments, to: "filter")
            return value.asText.map { Filters.table[$0.string] != nil } ?? false
        },
        "test": { (interpreter, value, arguments) throws(TemplateError) in
            _ = try interpreter.bind(arguments, to: "test")
            return value.asText.map { isTest($0.string) } ?? false
        },
        "sameas": { (interpreter, value, arguments) throws(TemplateError) in
            let bound = try interpreter.bind(arguments, to: "sameas", ["other"], required: 1)
            return try interpreter.areSame(value, bound[0] ?? .none)
        },
    ]

    private static func isTest(_ name: String) -> Bool { table[name] != nil }

    private static func plain(_ predicate: @escaping @Sendable (Value) -> Bool) -> NativeTest {
        { (interpreter, value, arguments) throws(TemplateError) in
            _ = try interpreter.bind(arguments, to: "test")
            return predicate(value)
        }
    }

    private static func comparison(_ operation: ComparisonOperator) -> NativeTest {
        { (interpreter, value, arguments) throws(TemplateError) in
            let bound = try interpreter.bind(arguments, to: operation.rawValue, ["other"], required: 1)
            return try interpreter.compare(operation, value, bound[0] ?? .none)
        }
    }
}

extension Interpreter {
    func remainder(of value: Value, by divisor: Value) throws(TemplateError) -> Value {
        try compute(.modulo, value, divisor)
    }

    /// Python's `is`, as far as it can be told: objects by identity, values without identity by type and equality.
    func areSame(_ left: Value, _ right: Value) throws(TemplateError) -> Bool {
        guard left.typeName == right.typeName else { return false }
        switch (left, right) {
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            return left.values.withUnsafeBufferPointer { left in
                right.values.withUnsafeBufferPointer { left.baseAddress == $0.baseAddress }
            }
        case (.dictionary(let left), .dictionary(let right)): return left === right
        default: return try areEqual(left, right)
        }
    }
}
