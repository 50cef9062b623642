import JSON
import OrderedCollections

/// JSON values as YAML that people can read: short ones on one line, others indented.
struct YAMLText {
    private static let width = 110
    private(set) var lines: [String] = []

    /// The members of an object, one below the other.
    init(_ members: JSONObject, indentation: Int) {
        for (name, value) in members {
            add(value, after: String(repeating: " ", count: indentation) + Self.key(name) + ":", indentation + 2)
        }
    }

    /// - Parameters:
    ///   - lead: what stands on the line already.
    ///   - indentation: where the value's own lines begin.
    private mutating func add(_ value: JSONValue, after lead: String, _ indentation: Int) {
        let short = lead + " " + Self.flow(value)
        if short.utf8.count <= Self.width, !Self.isLarge(value) { return lines.append(short) }
        let margin = String(repeating: " ", count: indentation)
        switch value {
        case .object(let members):
            var lead = lead
            if !lead.hasSuffix("-") {
                lines.append(lead)
                lead = ""
            }
            for (name, member) in members {
                let start = lead.isEmpty ? margin : lead + " "
                lead = ""
                add(member, after: start + Self.key(name) + ":", indentation + 2)
            }
        case .array(let elements):
            lines.append(lead)
            for element in elements { add(element, after: margin + "-", indentation + 2) }
        case .string(let text):
            lines.append(lead + " >-")
            fold(text, margin)
        default: lines.append(short)
        }
    }

    /// Objects that describe something deserve lines of their own.
    private static func isLarge(_ value: JSONValue) -> Bool {
        guard let members = value.objectValue else { return false }
        return members["properties"] != nil || members["description"] != nil && members.count > 2
    }

    private mutating func fold(_ text: String, _ margin: String) {
        var line = margin
        for word in text.split(separator: " ") {
            if line.utf8.count + word.utf8.count + 1 > Self.width, line != margin {
                lines.append(line)
                line = margin
            }
            line += (line == margin ? "" : " ") + word
        }
        lines.append(line)
    }

    private static func flow(_ value: JSONValue) -> String {
        switch value {
        case .object(let members) where members.isEmpty: return "{}"
        case .object(let members):
            return "{ " + members.map { "\(key($0.key)): \(flow($0.value))" }.joined(separator: ", ") + " }"
        case .array(let elements): return "[" + elements.map(flow).joined(separator: ", ") + "]"
        case .string(let text): return isPlain(text) ? text : value.text
        default: return value.text
        }
    }

    private static func key(_ name: String) -> String { isPlain(name) ? name : JSONValue.string(name).text }

    /// Whether a text means itself in YAML without quotes, even inside brackets. Quotes too many do no harm.
    private static func isPlain(_ text: String) -> Bool {
        let words: Set<String> = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        guard let first = text.utf8.first, isLetter(first), !words.contains(text.lowercased()) else {
            return text == "$ref"
        }
        return !text.hasSuffix(" ")
            && text.utf8.allSatisfy { byte in
                isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || " _-./;()'".utf8.contains(byte)
            }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
