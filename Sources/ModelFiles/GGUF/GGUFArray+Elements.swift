extension GGUFArray {
    /// The elements as strings, or nil when they aren't strings.
    ///
    /// - Throws: ``ModelFileError/malformed(field:reason:)`` naming the first element that isn't valid UTF-8.
    ///   Repairing it instead could make two tokens equal.
    public func strings() throws(ModelFileError) -> [String]? {
        guard elementType == .string else { return nil }
        return try withBytes { (bytes) throws(ModelFileError) in
            var result: [String] = []
            result.reserveCapacity(count)  // Each element has at least 8 bytes in the file: the parser checked.
            var cursor = ByteCursor(bytes)
            for index in 0..<count {
                let range = try cursor.stringRange("array element \(index)")
                guard let text = String(validating: bytes[range], as: UTF8.self) else {
                    throw .malformed(field: "array element \(index)", reason: "isn't valid UTF-8")
                }
                result.append(text)
            }
            return result
        }
    }

    /// The elements as integers; nil when they aren't integers or one of them doesn't fit an `Int`.
    public func integers() -> [Int]? {
        guard elementType.isInteger else { return nil }
        return scalars { $0.integer }
    }

    /// The elements as floats, rounded if the file has doubles; nil when they aren't floating-point numbers.
    public func floats() -> [Float]? {
        switch elementType {
        case .float32, .float64:
            scalars { value in
                switch value {
                case .float32(let number): number
                case .float64(let number): Float(number)
                default: nil
                }
            }
        default: nil
        }
    }

    /// The elements as booleans, or nil when they aren't.
    public func bools() -> [Bool]? {
        guard elementType == .bool else { return nil }
        return scalars { value in
            if case .bool(let flag) = value { flag } else { nil }
        }
    }

    /// The first elements, at most `limit`, for listings.
    ///
    /// Ill-formed UTF-8 is shown with replacement characters here.
    public func prefix(_ limit: Int) -> [GGUFValue] {
        let shown = min(count, max(0, limit))
        return withBytes { bytes in
            if let size = elementType.byteCount {
                return (0..<shown).map { element($0, size: size, of: bytes) }
            }
            var result: [GGUFValue] = []
            var cursor = ByteCursor(bytes)
            while result.count < shown, let range = try? cursor.stringRange("array element") {
                result.append(.string(String(decoding: bytes[range], as: UTF8.self)))
            }
            return result
        }
    }

    private func scalars<T>(_ convert: (GGUFValue) -> T?) -> [T]? {
        guard let size = elementType.byteCount else { return nil }
        return withBytes { bytes in
            var result: [T] = []
            result.reserveCapacity(count)
            for index in 0..<count {
                guard let value = convert(element(index, size: size, of: bytes)) else { return nil }
                result.append(value)
            }
            return result
        }
    }

    private func element(_ index: Int, size: Int, of bytes: UnsafeRawBufferPointer) -> GGUFValue {
        GGUFValue.decoding(elementType, UnsafeRawBufferPointer(rebasing: bytes[index * size..<(index + 1) * size]))
    }
}
