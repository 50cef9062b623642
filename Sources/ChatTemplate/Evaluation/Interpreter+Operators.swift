import Glibc

extension Interpreter {
    func compute(_ operation: ArithmeticOperator, _ left: Value, _ right: Value) throws(TemplateError) -> Value {
        if case .text(let format) = left, operation == .modulo {
            return .text(try PercentFormat.apply(format, to: right, self))
        }
        if case .undefined(let undefined) = left { throw failure(undefined.kind, undefined.message) }
        if case .undefined(let undefined) = right { throw failure(undefined.kind, undefined.message) }
        if let left = left.asInteger, let right = right.asInteger { return try compute(operation, left, right) }
        if let left = left.asDouble, let right = right.asDouble { return try compute(operation, left, right) }
        switch operation {
        case .add: return try add(left, right)
        case .multiply: return try multiply(left, right)
        default: throw unsupported(operation, left, right)
        }
    }

    private func unsupported(_ operation: ArithmeticOperator, _ left: Value, _ right: Value) -> TemplateError {
        failure(
            .type, "unsupported operand types for \(operation.rawValue): '\(left.typeName)' and '\(right.typeName)'")
    }

    private func add(_ left: Value, _ right: Value) throws(TemplateError) -> Value {
        switch (left, right) {
        case (.text(let left), .text(let right)): return .text(try concatenate(left, right))
        case (.list(let left), .list(let right)): return try list(left.values + right.values)
        case (.tuple(let left), .tuple(let right)): return try tuple(left.values + right.values)
        case (.text, _): throw failure(.type, "can only concatenate str (not \"\(right.typeName)\") to str")
        default: throw unsupported(.add, left, right)
        }
    }

    private func concatenate(_ left: Text, _ right: Text) throws(TemplateError) -> Text {
        var result = left
        var right = right
        if left.isMarkup != right.isMarkup {
            if left.isMarkup { right = right.escapedForMarkup } else { result = left.escapedForMarkup }
        }
        try charge(bytes: result.count + right.count)
        result.append(right)
        return result
    }

    private func multiply(_ left: Value, _ right: Value) throws(TemplateError) -> Value {
        switch (left, right) {
        case (.text(let text), _) where right.asInteger != nil: return .text(try repeated(text, right.asInteger ?? 0))
        case (_, .text(let text)) where left.asInteger != nil: return .text(try repeated(text, left.asInteger ?? 0))
        case (.list(let elements), _) where right.asInteger != nil:
            return try list(try repeated(elements.values, right.asInteger ?? 0))
        case (_, .list(let elements)) where left.asInteger != nil:
            return try list(try repeated(elements.values, left.asInteger ?? 0))
        case (.tuple(let elements), _) where right.asInteger != nil:
            return try tuple(try repeated(elements.values, right.asInteger ?? 0))
        case (_, .tuple(let elements)) where left.asInteger != nil:
            return try tuple(try repeated(elements.values, left.asInteger ?? 0))
        default: throw unsupported(.multiply, left, right)
        }
    }

    func repeated(_ text: Text, _ count: Int) throws(TemplateError) -> Text {
        var result = Text()
        result.isMarkup = text.isMarkup
        guard count > 0, !text.isEmpty else { return result }
        let (bytes, overflow) = text.count.multipliedReportingOverflow(by: count)
        try charge(bytes: overflow ? .max : bytes)
        result.reserveCapacity(bytes)
        for _ in 0..<count { result.append(text) }
        return result
    }

    private func repeated(_ values: [Value], _ count: Int) throws(TemplateError) -> [Value] {
        guard count > 0, !values.isEmpty else { return [] }
        let (elements, overflow) = values.count.multipliedReportingOverflow(by: count)
        try charge(elements: overflow ? .max : elements)
        return (0..<count).flatMap { _ in values }
    }

    // MARK: Numbers

    private func compute(_ operation: ArithmeticOperator, _ left: Int, _ right: Int) throws(TemplateError) -> Value {
        switch operation {
        case .add: return .integer(try fitting(left.addingReportingOverflow(right)))
        case .subtract: return .integer(try fitting(left.subtractingReportingOverflow(right)))
        case .multiply: return .integer(try fitting(left.multipliedReportingOverflow(by: right)))
        case .divide:
            guard right != 0 else { throw failure(.value, "division by zero") }
            return .float(Double(left) / Double(right))
        case .floorDivide:
            guard right != 0 else { throw failure(.value, "integer division or modulo by zero") }
            let quotient = try fitting(left.dividedReportingOverflow(by: right))
            return .integer(left % right != 0 && (left < 0) != (right < 0) ? quotient - 1 : quotient)
        case .modulo: return .integer(try modulo(left, right))
        case .power: return try power(left, right)
        }
    }

    /// Python's modulo: the result has the sign of the divisor.
    func modulo(_ left: Int, _ right: Int) throws(TemplateError) -> Int {
        guard right != 0 else { throw failure(.value, "integer division or modulo by zero") }
        if right == -1 { return 0 }
        let remainder = left % right
        return remainder != 0 && (remainder < 0) != (right < 0) ? remainder + right : remainder
    }

    private func fitting(_ result: (partialValue: Int, overflow: Bool)) throws(TemplateError) -> Int {
        guard !result.overflow else { throw failure(.value, "an integer does not fit in 64 bits") }
        return result.partialValue
    }

    private func power(_ base: Int, _ exponent: Int) throws(TemplateError) -> Value {
        guard exponent >= 0 else { return try compute(.power, Double(base), Double(exponent)) }
        var result = 1
        var factor = base
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = try fitting(result.multipliedReportingOverflow(by: factor)) }
            rest >>= 1
            if rest > 0 { factor = try fitting(factor.multipliedReportingOverflow(by: factor)) }
        }
        return .integer(result)
    }

    private func compute(
        _ operation: ArithmeticOperator, _ left: Double, _ right: Double
    ) throws(TemplateError) -> Value {
        switch operation {
        case .add: return .float(left + right)
        case .subtract: return .float(left - right)
        case .multiply: return .float(left * right)
        case .divide, .floorDivide, .modulo:
            guard right != 0 else { throw failure(.value, "float division by zero") }
            if operation == .divide { return .float(left / right) }
            var remainder = fmod(left, right)
            if remainder != 0, (remainder < 0) != (right < 0) { remainder += right }
            if operation == .modulo { return .float(remainder == 0 ? copysign(0, right) : remainder) }
            return .float(((left - remainder) / right).rounded())
        case .power:
            guard left != 0 || right >= 0 else { throw failure(.value, "0.0 cannot be raised to a negative power") }
            let result = pow(left, right)
            guard !result.isNaN || left.isNaN || right.isNaN else { throw failure(.value, "complex result of a power") }
            guard !result.isInfinite || left.isInfinite || right.isInfinite else {
                throw failure(.value, "numerical result out of range")
            }
            return .float(result)
        }
    }

    func negate(_ value: Value) throws(TemplateError) -> Value {
        if let integer = value.asInteger { return try compute(.subtract, 0, integer) }
        if case .float(let double) = value { return .float(-double) }
        throw badOperand("-", value)
    }

    func positive(_ value: Value) throws(TemplateError) -> Value {
        if let integer = value.asInteger { return .integer(integer) }
        if case .float = value { return value }
        throw badOperand("+", value)
    }

    private func badOperand(_ sign: String, _ value: Value) -> TemplateError {
        if case .undefined(let undefined) = value { return failure(undefined.kind, undefined.message) }
        return failure(.type, "bad operand type for unary \(sign): '\(value.typeName)'")
    }
}
