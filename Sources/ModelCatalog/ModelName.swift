/// A model's name in the store: one plain path component.
///
/// Names come from command lines and configuration and become folder names, so the rule is strict: ASCII letters and
/// digits, `.`, `_` and `-`, the first one a letter or digit. That leaves no room for separators, `..`, hidden files,
/// or words that look like an option.
public struct ModelName: Hashable, Sendable, CustomStringConvertible {
    static let byteLimit = 96

    public let description: String

    /// - Throws: ``ModelCatalogError/invalidName(_:)``.
    public init(_ text: String) throws(ModelCatalogError) {
        guard Self.isPlain(text) else { throw .invalidName(text) }
        description = text
    }

    static func isPlain(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= byteLimit else { return false }
        return text.utf8.allSatisfy { byte in
            isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "-")
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            false
        }
    }
}
