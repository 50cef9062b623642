import OrderedCollections

extension Interpreter {
    func compare(_ operation: ComparisonOperator, _ left: Value, _ right: Value) throws(TemplateError) -> Bool {
        switch operation {
        case .equal: try areEqual(left, right)
        case .notEqual: !(try areEqual(left, right))
        case .less: try isLess(left, right, "<")
        case .greater: try isLess(right, left, ">")
        case .lessOrEqual: try isLessOrEqual(left, right, "<=")
        case .greaterOrEqual: try isLessOrEqual(right, left, ">=")
        case .isIn: try contains(right, left)
        case .isNotIn: !(try contains(right, left))
        }
    }

    // MARK: Equality

    /// Python's `==`: values of unlike types are unequal, numbers and booleans are one type.
    func areEqual(_ left: Value, _ right: Value) throws(TemplateError) -> Bool {
        switch (left, right) {
        case (.text(let left), .text(let right)):
            try charge(min(left.count, right.count) >> 8)
            return left == right
        case (.none, .none), (.undefined, .undefined): return true
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            return try areEqual(left.values, right.values)
        case (.dictionary(let left), .dictionary(let right)): return try areEqual(left, right)
        case (.range(let left), .range(let right)):
            return left.count == right.count && (left.count == 0 || left[0] == right[0])
                && (left.count < 2 || left.step == right.step)
        case (.namespace(let left), .namespace(let right)): return left === right
        case (.loop(let left), .loop(let right)): return left === right
        case (.macro(let left), .macro(let right)): return left === right
        case (.generator(let left), .generator(let right)): return left === right
        case (.cycler(let left), .cycler(let right)): return left === right
        case (.function(let left), .function(let right)): return left === right
        case (.view(let left), .view(let right)): return try areEqual(left, right)
        default: return Self.areEqualNumbers(left, right)
        }
    }

    private static func areEqualNumbers(_ left: Value, _ right: Value) -> Bool {
        if let left = left.asInteger {
            if let right = right.asInteger { return left == right }
            // Comparing through Double would round large integers.
            if case .float(let right) = right { return Int(exactly: right) == left }
            return false
        }
        guard case .float(let left) = left else { return false }
        if let right = right.asInteger { return Int(exactly: left) == right }
        if case .float(let right) = right { return left == right }
        return false
    }

    private func areEqual(_ left: [Value], _ right: [Value]) throws(TemplateError) -> Bool {
        guard left.count == right.count else { return false }
        for (left, right) in zip(left, right) {
            try charge()
            guard try areEqual(left, right) else { return false }
        }
        return true
    }

    private func areEqual(_ left: Mapping, _ right: Mapping) throws(TemplateError) -> Bool {
        guard left.entries.count == right.entries.count else { return false }
        for (key, value) in left.entries {
            try charge()
            guard let other = right.entries[key], try areEqual(value, other) else { return false }
        }
        return true
    }

    /// Views of keys are sets; views of values are only equal to themselves.
    private func areEqual(_ left: DictionaryView, _ right: DictionaryView) throws(TemplateError) -> Bool {
        guard left !== right else { return true }
        guard left.kind == right.kind, left.mapping.entries.count == right.mapping.entries.count else { return false }
        switch left.kind {
        case .keys:
            try charge(left.mapping.entries.count)
            return left.mapping.entries.keys.allSatisfy { right.mapping.entries[$0] != nil }
        case .items: return try areEqual(left.mapping, right.mapping)
        case .values: return false
        }
    }

    // MARK: Order

    /// - Parameter sign: the operator as written, for the error message.
    func isLess(_ left: Value, _ right: Value, _ sign: String) throws(TemplateError) -> Bool {
        try charge()
        switch (left, right) {
        case (.text(let left), .text(let right)):
            try charge(min(left.count, right.count) >> 8)
            return left < right
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            return try isOrdered(left.values, right.values, ifEqual: left.values.count < right.values.count, sign)
        default:
            if let left = left.asInteger, let right = right.asInteger { return left < right }
            if let left = left.asDouble, let right = right.asDouble { return left < right }
            throw unordered(left, right, sign)
        }
    }

    private func isLessOrEqual(_ left: Value, _ right: Value, _ sign: String) throws(TemplateError) -> Bool {
        switch (left, right) {
        case (.text(let left), .text(let right)):
            try charge(min(left.count, right.count) >> 8)
            return !(right < left)
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            return try isOrdered(left.values, right.values, ifEqual: left.values.count <= right.values.count, sign)
        default:
            if let left = left.asInteger, let right = right.asInteger { return left <= right }
            if let left = left.asDouble, let right = right.asDouble { return left <= right }
            throw unordered(left, right, sign)
        }
    }

    /// The order of the first unequal members decides; without one, the lengths do.
    private func isOrdered(
        _ left: [Value], _ right: [Value], ifEqual: Bool, _ sign: String
    ) throws(TemplateError) -> Bool {
        for (left, right) in zip(left, right) {
            try charge()
            if try !areEqual(left, right) { return try isLess(left, right, sign) }
        }
        return ifEqual
    }

    private func unordered(_ left: Value, _ right: Value, _ sign: String) -> TemplateError {
        for case .undefined(let undefined) in [left, right] { return failure(undefined.kind, undefined.message) }
        let (first, second) = sign.hasPrefix(">") ? (right, left) : (left, right)
        return failure(
            .type, "'\(sign)' not supported between instances of '\(first.typeName)' and '\(second.typeName)'")
    }

    // MARK: Membership

    func contains(_ container: Value, _ value: Value) throws(TemplateError) -> Bool {
        switch container {
        case .text(let text):
            guard case .text(let part) = value else {
                throw failure(.type, "'in <string>' requires string as left operand, not \(value.typeName)")
            }
            try charge(text.count >> 8)
            return text.firstRange(of: part) != nil
        case .dictionary(let mapping): return mapping.entries[try key(value)] != nil
        case .view(let view) where view.kind == .keys: return view.mapping.entries[try key(value)] != nil
        case .range(let range):
            guard let number = value.asDouble else { return false }
            try charge(range.count)
            return range.values.contains { $0.asDouble == number }
        case .list, .tuple, .view, .undefined, .generator, .loop:
            return try generatorContains(container, value)
        default: throw failure(.type, "argument of type '\(container.typeName)' is not iterable")
        }
    }

    private func generatorContains(_ container: Value, _ value: Value) throws(TemplateError) -> Bool {
        let source = try generator(over: container)
        while let member = try source.next() {
            try charge()
            if try areEqual(member, value) { return true }
        }
        return false
    }
}
