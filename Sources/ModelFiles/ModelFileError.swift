/// Why a model file can't be used.
///
/// Model files come from strangers, so every case says *which field* is wrong and what was found there: the person
/// who reads the message has the file, not a debugger. Text taken from the file is escaped and shortened
/// (see ``quoted(_:)``), because the message ends in a terminal and in a log.
public enum ModelFileError: Error, Equatable, Sendable {
    /// The file can't be opened, mapped or written; `reason` is the operating system's.
    case unreadable(path: String, reason: String)
    /// The bytes aren't a model file of the expected format at all.
    case notRecognised(reason: String)
    /// A valid file that uses something this reader doesn't know.
    case unsupported(reason: String)
    /// A field of the file is truncated, contradicts another one, or is out of its range.
    case malformed(field: String, reason: String)
    /// A metadata key that the caller needs isn't there.
    case missingKey(String)
    /// A metadata key holds a value of another type than the caller needs.
    case wrongType(key: String, expected: String, found: String)
    /// A metadata key holds a value of the right type that makes no sense.
    case invalidValue(key: String, reason: String)
}

extension ModelFileError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "can't use \(quoted(path)): \(reason)"
        case .notRecognised(let reason): reason
        case .unsupported(let reason): reason
        case .malformed(let field, let reason): "\(field): \(reason)"
        case .missingKey(let key): "metadata key \(quoted(key)) is missing"
        case .wrongType(let key, let expected, let found):
            "metadata key \(quoted(key)) must hold \(expected), but the file has \(found)"
        case .invalidValue(let key, let reason): "metadata key \(quoted(key)): \(reason)"
        }
    }
}

/// Text from a file in single quotes, with control characters escaped, cut after 96 scalars.
///
/// A tensor's name may hold terminal escape sequences or a megabyte of noise; neither belongs in an error message.
func quoted(_ text: String) -> String {
    let limit = 96
    var result = "'"
    for (index, scalar) in text.unicodeScalars.enumerated() {
        if index == limit {
            return result + "…'"
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
            result += "\\u{" + String(scalar.value, radix: 16) + "}"
        default:
            result.unicodeScalars.append(scalar)
        }
    }
    return result + "'"
}
