import JSON
import OrderedCollections

/// Walks a body and its table together and throws at the first thing that is wrong, naming its place.
struct Validator {
    private var path = FieldPath()

    /// Checks an object's members in the order they were written, then looks for what is missing.
    mutating func check(_ members: JSONObject, _ fields: [Field], tag: String? = nil) throws(APIError) {
        for (name, value) in members where name != tag {
            guard let field = fields.first(where: { $0.name == name }) else { throw unknownField(name) }
            if value.isNull { continue }
            path.enter(name)
            try check(value, field.shape)
            try check(value, field.effect)
            path.leave()
        }
        for field in fields where field.isRequired && members[field.name]?.isNull ?? true {
            let param = path.text(appending: field.name)
            throw .invalidValue(
                param: param, code: "missing_required_parameter", "Missing required parameter: '\(param)'.")
        }
    }

    private func unknownField(_ name: String) -> APIError {
        let param = path.text(appending: name)
        return .invalidValue(
            param: param, code: "unknown_parameter", "Unrecognized request argument supplied: \(param)")
    }

    private func check(_ value: JSONValue, _ effect: Effect) throws(APIError) {
        guard case .rejected(let reason, let harmless) = effect, !harmless.contains(where: value.means) else { return }
        let param = path.text
        let values = harmless.map(\.text).joined(separator: " or ")
        throw .unsupported(
            param: param, isParameter: harmless.isEmpty,
            harmless.isEmpty
                ? "Unsupported parameter: '\(param)'. \(reason)"
                : "Unsupported value for '\(param)': only \(values) is supported. \(reason)")
    }

    mutating func check(_ value: JSONValue, _ shape: Shape) throws(APIError) {
        switch shape {
        case .any: break
        case .boolean:
            guard value.boolValue != nil else { throw wrongType(value, expected: "a boolean") }
        case .integer(let range): try checkInteger(value, range)
        case .number(let range):
            guard let number = value.doubleValue else { throw wrongType(value, expected: "a number") }
            try checkRange(number, range, shown: value.text)
        case .string(let bytes): try checkString(value, bytes)
        case .characters(let count):
            guard let string = value.stringValue else { throw wrongType(value, expected: "a string") }
            try checkRange(string.unicodeScalars.count, count, of: "length in characters")
        case .choice(let choices): try checkChoice(value, choices)
        case .identifier: try checkIdentifier(value)
        case .array(let element, let count):
            guard let elements = value.arrayValue else { throw wrongType(value, expected: "an array") }
            try checkCount(elements.count, count, of: "elements")
            for index in elements.indices {
                path.enter(index)
                try check(elements[index], element)
                path.leave()
            }
        case .either(let alternatives): try checkEither(value, alternatives)
        case .named(_, let shape): try check(value, shape)
        case .object, .map, .tokenMap, .tagged, .record:
            guard let members = value.objectValue else { throw wrongType(value, expected: "an object") }
            try checkObject(members, shape)
        }
    }

    private mutating func checkObject(_ members: JSONObject, _ shape: Shape) throws(APIError) {
        switch shape {
        case .object(let fields): try check(members, fields)
        case .tagged(let tag, let variants): try checkTagged(members, tag, variants)
        case .map(let element, let keyCharacters, let count):
            try checkCount(members.count, count, of: "members")
            for (name, value) in members {
                path.enter(name)
                try checkRange(name.unicodeScalars.count, keyCharacters, of: "name length in characters")
                try check(value, element)
                path.leave()
            }
        case .tokenMap(let element, let count):
            try checkCount(members.count, count, of: "members")
            for (name, value) in members {
                path.enter(name)
                guard TokenKey(name) != nil else {
                    throw invalid("its name must be a token id in decimal, at most \(Int32.max)")
                }
                try check(value, element)
                path.leave()
            }
        default: break
        }
    }

    private mutating func checkTagged(
        _ members: JSONObject, _ tag: String, _ variants: [Variant]
    ) throws(APIError) {
        let value = members[tag] ?? .null
        guard !value.isNull else {
            let param = path.text(appending: tag)
            throw .invalidValue(
                param: param, code: "missing_required_parameter", "Missing required parameter: '\(param)'.")
        }
        path.enter(tag)
        try checkChoice(value, variants.map(\.tag))
        path.leave()
        guard let variant = variants.first(where: { .string($0.tag) == value }) else { return }
        try check(.object(members), variant.effect)
        try check(members, variant.fields, tag: tag)
    }

    private mutating func checkEither(_ value: JSONValue, _ alternatives: [Shape]) throws(APIError) {
        guard let shape = alternatives.first(where: { $0.admits(value) }) else {
            throw wrongType(value, expected: alternatives.map(\.noun).joined(separator: " or "))
        }
        try check(value, shape)
    }
}

// MARK: - Scalars

extension Validator {
    private func checkInteger(_ value: JSONValue, _ range: ClosedRange<Int>) throws(APIError) {
        guard let number = value.doubleValue else { throw wrongType(value, expected: "an integer") }
        guard let integer = value.integerValue else {
            // A whole number beyond the machine's integers is out of range, not of the wrong type.
            guard number.rounded(.towardZero) == number else { throw wrongType(value, expected: "an integer") }
            throw outOfRange(number < 0 ? "integer_below_min_value" : "integer_above_max_value", range, value.text)
        }
        if integer < range.lowerBound { throw outOfRange("integer_below_min_value", range, value.text) }
        if integer > range.upperBound { throw outOfRange("integer_above_max_value", range, value.text) }
    }

    private func checkRange(
        _ number: Double, _ range: ClosedRange<Double>, shown: String
    ) throws(APIError) {
        if number < range.lowerBound { throw outOfRange("decimal_below_min_value", range, shown) }
        if number > range.upperBound { throw outOfRange("decimal_above_max_value", range, shown) }
    }

    private func checkString(_ value: JSONValue, _ bytes: ClosedRange<Int>) throws(APIError) {
        guard let string = value.stringValue else { throw wrongType(value, expected: "a string") }
        try checkRange(string.utf8.count, bytes, of: "length in bytes")
    }

    private func checkChoice(_ value: JSONValue, _ choices: [String]) throws(APIError) {
        guard let string = value.stringValue else { throw wrongType(value, expected: "a string") }
        guard choices.contains(string) else {
            let supported = choices.map { "'\($0)'" }.joined(separator: ", ")
            throw invalid("'\(string.clipped(to: 64))' is not one of \(supported)")
        }
    }

    private func checkIdentifier(_ value: JSONValue) throws(APIError) {
        try checkString(value, 1...64)
        let isPlain = value.stringValue?.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain == true else { throw invalid("only letters, digits, underscores and dashes are allowed") }
    }

    private func checkCount(_ count: Int, _ range: ClosedRange<Int>, of what: String) throws(APIError) {
        try checkRange(count, range, of: "number of \(what)")
    }

    private func checkRange(_ length: Int, _ range: ClosedRange<Int>, of what: String) throws(APIError) {
        if length < range.lowerBound {
            throw invalid("its \(what) must be at least \(range.lowerBound), but is \(length)")
        }
        if length > range.upperBound {
            throw invalid("its \(what) must be at most \(range.upperBound), but is \(length)")
        }
    }

    private func outOfRange<Bound>(_ code: String, _ range: ClosedRange<Bound>, _ shown: String) -> APIError {
        let param = path.text
        return .invalidValue(
            param: param, code: code,
            "Invalid '\(param)': expected a value from \(range.lowerBound) to \(range.upperBound), "
                + "but got \(shown.clipped(to: 64)).")
    }

    private func wrongType(_ value: JSONValue, expected: String) -> APIError {
        let param = path.text
        return .invalidValue(
            param: param, code: "invalid_type",
            "Invalid type for '\(param)': expected \(expected), but got \(value.kind.withArticle).")
    }

    private func invalid(_ detail: String) -> APIError {
        let param = path.text
        return .invalidValue(param: param, "Invalid '\(param)': \(detail).")
    }
}
