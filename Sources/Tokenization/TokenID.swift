/// The number of one token in a model's vocabulary: the row of the embedding matrix it selects.
///
/// A wrapper, because positions, ranks and counts are integers too and must not be mixed up with it.
public struct TokenID: RawRepresentable, Hashable, Comparable, Sendable {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    public static func < (left: TokenID, right: TokenID) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension TokenID: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int32) {
        self.init(rawValue: value)
    }
}

extension TokenID: CustomStringConvertible {
    public var description: String { String(rawValue) }
}
