// Typed access. `x(_:)` throws when the key is missing; `x(ifPresent:)` gives nil then. Both throw when the value has
// another type: a file that says `"32"` where a number belongs is broken, not silent.
extension GGUFMetadata {
    public func string(_ key: String) throws(ModelFileError) -> String {
        try required(try string(ifPresent: key), key)
    }

    public func string(ifPresent key: String) throws(ModelFileError) -> String? {
        guard let value = self[key] else { return nil }
        guard case .string(let text) = value else { throw wrongType(key, "a string", value) }
        return text
    }

    /// An integer of any width and signedness that fits an `Int`.
    public func integer(_ key: String) throws(ModelFileError) -> Int {
        try required(try integer(ifPresent: key), key)
    }

    public func integer(ifPresent key: String) throws(ModelFileError) -> Int? {
        guard let value = self[key] else { return nil }
        guard value.type.isInteger else { throw wrongType(key, "an integer", value) }
        guard let number = value.integer else {
            throw .invalidValue(key: key, reason: "the number is over \(Int.max)")
        }
        return number
    }

    /// A finite floating-point number; a double is rounded to the nearest `Float`.
    public func float(_ key: String) throws(ModelFileError) -> Float {
        try required(try float(ifPresent: key), key)
    }

    public func float(ifPresent key: String) throws(ModelFileError) -> Float? {
        guard let value = self[key] else { return nil }
        let number: Float
        switch value {
        case .float32(let single): number = single
        case .float64(let double): number = Float(double)
        default: throw wrongType(key, "a floating-point number", value)
        }
        guard number.isFinite else { throw .invalidValue(key: key, reason: "\(number) isn't a finite number") }
        return number
    }

    public func bool(_ key: String) throws(ModelFileError) -> Bool {
        try required(try bool(ifPresent: key), key)
    }

    public func bool(ifPresent key: String) throws(ModelFileError) -> Bool? {
        guard let value = self[key] else { return nil }
        guard case .bool(let flag) = value else { throw wrongType(key, "a bool", value) }
        return flag
    }

    func required<T>(_ value: T?, _ key: String) throws(ModelFileError) -> T {
        guard let value else { throw .missingKey(key) }
        return value
    }

    func wrongType(_ key: String, _ expected: String, _ value: GGUFValue) -> ModelFileError {
        .wrongType(key: key, expected: expected, found: value.typeDescription)
    }
}
