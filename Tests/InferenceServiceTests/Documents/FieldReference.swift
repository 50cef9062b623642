import JSON
import OpenAIAPI
import OrderedCollections

/// The field tables as Markdown, for Docs/api.md.
struct FieldReference {
    private(set) var lines = ["| field | value | default | effect |", "|---|---|---|---|"]

    init(_ fields: [Field]) {
        for field in fields { add(field, "") }
    }

    /// The table of a shape with a name of its own.
    init(_ shape: Shape) {
        switch shape {
        case .tagged(let tag, let variants): add(variants, tag, "")
        case .object(let fields): for field in fields { add(field, "") }
        default: addParts(of: shape, "")
        }
    }

    private mutating func add(_ field: Field, _ prefix: String) {
        let name = prefix + field.name
        lines.append(
            "| `\(name)`\(field.isRequired ? " (required)" : "") | \(Self.words(field.shape)) | "
                + "\(field.defaultValue.map { "`\($0.text)`" } ?? "") | \(Self.effect(field.effect, field.summary)) |")
        if case .rejected = field.effect { return }
        addParts(of: field.shape, name)
    }

    /// Rows for what is inside a field.
    private mutating func addParts(of shape: Shape, _ name: String) {
        switch shape {
        case .object(let fields): for field in fields { add(field, name + ".") }
        case .array(let element, _): addParts(of: element, name + "[]")
        case .either(let alternatives): for alternative in alternatives { addParts(of: alternative, name) }
        case .tagged(let tag, let variants): add(variants, tag, name.isEmpty ? "" : name + ".")
        default: break
        }
    }

    private mutating func add(_ variants: [Variant], _ tag: String, _ prefix: String) {
        for variant in variants {
            lines.append(
                "| `\(prefix)\(tag)` | `\"\(variant.tag)\"` | | \(Self.effect(variant.effect, variant.summary)) |")
            if case .rejected = variant.effect { continue }
            for field in variant.fields { add(field, prefix) }
        }
    }

    private static func effect(_ effect: Effect, _ summary: String) -> String {
        switch effect {
        case .honoured: summary
        case .accepted(let reason): "No effect. " + reason
        case .rejected(let reason, let harmless) where harmless.isEmpty: "**Refused.** " + reason
        case .rejected(let reason, let harmless):
            "Only \(harmless.map { "`\($0.text)`" }.joined(separator: ", ")). " + reason
        }
    }

    private static func words(_ shape: Shape, many: Bool = false) -> String {
        let s = many ? "s" : ""
        return switch shape {
        case .boolean: many ? "booleans" : "boolean"
        case .integer(let range): (many ? "integers" : "integer") + bounds(range)
        case .number(let range): "number\(s) \(number(range.lowerBound)) to \(number(range.upperBound))"
        case .string(let bytes): "string\(s)" + length(bytes, "bytes")
        case .characters(let count): "string\(s)" + length(count, "characters")
        case .choice(let choices): choices.map { "`\"\($0)\"`" }.joined(separator: ", ")
        case .identifier: "name\(s) of 1 to 64 letters, digits, `_`, `-`"
        case .array(let element, let count): "array\(s)\(length(count, "")) of \(words(element, many: true))"
        case .map(let element, _, let count): "object\(s) of up to \(count.upperBound) \(words(element, many: true))"
        case .tokenMap(let element, let count):
            "object\(s) from up to \(count.upperBound) token ids to \(words(element, many: true))"
        case .named(let name, _): "[\(name)](#\(name.lowercased()))"
        case .either(let alternatives): alternatives.map { words($0, many: many) }.joined(separator: "; or ")
        case .object, .tagged, .record: "object\(s)"
        case .any: "anything"
        }
    }

    private static func bounds(_ range: ClosedRange<Int>) -> String {
        switch (range.lowerBound, range.upperBound) {
        case (Int.min, Int.max): ""
        case (let least, let most) where most >= Int(Int32.max): " from \(least)"
        case (let least, let most): " \(least) to \(most)"
        }
    }

    private static func length(_ range: ClosedRange<Int>, _ unit: String) -> String {
        let unit = unit.isEmpty ? "" : " " + unit
        switch (range.lowerBound, range.upperBound) {
        case (0, let most) where most >= Int(Int32.max): return ""
        case (let least, let most) where most >= Int(Int32.max): return " of at least \(least)\(unit)"
        case (0, let most): return " of up to \(most)\(unit)"
        case (let least, let most): return " of \(least) to \(most)\(unit)"
        }
    }

    private static func number(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }
}
