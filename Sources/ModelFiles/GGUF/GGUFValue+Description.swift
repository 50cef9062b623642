extension GGUFValue: CustomStringConvertible {
    /// The value as a listing shows it: the number or text itself, an array by its first elements.
    ///
    /// Strings are as they are in the file; whoever prints them to a terminal escapes them.
    public var description: String {
        switch self {
        case .uint8(let value): "\(value)"
        case .int8(let value): "\(value)"
        case .uint16(let value): "\(value)"
        case .int16(let value): "\(value)"
        case .uint32(let value): "\(value)"
        case .int32(let value): "\(value)"
        case .float32(let value): "\(value)"
        case .bool(let value): "\(value)"
        case .string(let value): value
        case .array(let array): array.description
        case .uint64(let value): "\(value)"
        case .int64(let value): "\(value)"
        case .float64(let value): "\(value)"
        }
    }
}

extension GGUFArray: CustomStringConvertible {
    /// The first elements in brackets, and how many there are if that isn't all.
    public var description: String {
        let limit = 8
        let shown = prefix(limit).map { value in
            if case .string(let text) = value { text.debugDescription } else { value.description }
        }
        return "[" + shown.joined(separator: ", ") + (count > limit ? ", … \(count) in all]" : "]")
    }
}
