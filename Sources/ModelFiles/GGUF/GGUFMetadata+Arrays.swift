extension GGUFMetadata {
    public func strings(_ key: String) throws(ModelFileError) -> [String] {
        try required(try strings(ifPresent: key), key)
    }

    public func strings(ifPresent key: String) throws(ModelFileError) -> [String]? {
        guard let array = try array(key, "an array of strings") else { return nil }
        do {
            return try required(array, key, "an array of strings") { (array) throws(ModelFileError) in
                try array.strings()
            }
        } catch .malformed(let field, let reason) {
            throw .malformed(field: "metadata key \(quoted(key)): \(field)", reason: reason)
        }
    }

    /// An array of integers of any width that fit an `Int`.
    public func integers(_ key: String) throws(ModelFileError) -> [Int] {
        try required(try integers(ifPresent: key), key)
    }

    public func integers(ifPresent key: String) throws(ModelFileError) -> [Int]? {
        let expected = "an array of integers"
        guard let array = try array(key, expected) else { return nil }
        guard array.elementType.isInteger else { throw wrongType(key, expected, .array(array)) }
        guard let numbers = array.integers() else {
            throw .invalidValue(key: key, reason: "one of the numbers is over \(Int.max)")
        }
        return numbers
    }

    /// `count` integers: an array of exactly that many, or one integer that stands for all of them.
    ///
    /// Per-layer settings such as `llama.attention.head_count_kv` come in both forms.
    public func integers(ifPresent key: String, repeatedTo count: Int) throws(ModelFileError) -> [Int]? {
        guard let value = self[key] else { return nil }
        guard case .array(let array) = value else {
            return try integer(ifPresent: key).map { Array(repeating: $0, count: count) }
        }
        guard array.count == count else {
            throw .invalidValue(key: key, reason: "has \(array.count) elements, but \(count) are needed")
        }
        return try integers(ifPresent: key)
    }

    public func floats(_ key: String) throws(ModelFileError) -> [Float] {
        try required(try floats(ifPresent: key), key)
    }

    /// Numbers as they are in the file: they may be infinite or NaN.
    public func floats(ifPresent key: String) throws(ModelFileError) -> [Float]? {
        let expected = "an array of floating-point numbers"
        guard let array = try array(key, expected) else { return nil }
        return try required(array, key, expected) { (array) throws(ModelFileError) in array.floats() }
    }

    public func bools(_ key: String) throws(ModelFileError) -> [Bool] {
        try required(try bools(ifPresent: key), key)
    }

    public func bools(ifPresent key: String) throws(ModelFileError) -> [Bool]? {
        let expected = "an array of bools"
        guard let array = try array(key, expected) else { return nil }
        return try required(array, key, expected) { (array) throws(ModelFileError) in array.bools() }
    }

    private func array(_ key: String, _ expected: String) throws(ModelFileError) -> GGUFArray? {
        guard let value = self[key] else { return nil }
        guard case .array(let array) = value else { throw wrongType(key, expected, value) }
        return array
    }

    /// The array's elements by `decode`, which gives nil when they are of another type.
    private func required<T>(
        _ array: GGUFArray, _ key: String, _ expected: String,
        by decode: (GGUFArray) throws(ModelFileError) -> T?
    ) throws(ModelFileError) -> T {
        guard let elements = try decode(array) else { throw wrongType(key, expected, .array(array)) }
        return elements
    }
}
