import OrderedCollections

/// What an expression evaluates to: the part of Python's object model that templates can see.
///
/// Lists and dictionaries are immutable here, as in the sandbox of transformers; only namespaces, cyclers, joiners
/// and generators have state.
enum Value {
    case undefined(Undefined)
    case none
    case boolean(Bool)
    case integer(Int)
    case float(Double)
    case text(Text)
    case list(Elements)
    case tuple(Elements)
    case dictionary(Mapping)
    case range(RangeValue)
    case view(DictionaryView)
    case generator(Generator)
    case namespace(Namespace)
    case loop(Loop)
    case macro(Macro)
    case function(NativeCall)
    case cycler(Cycler)

    static func string(_ text: String) -> Value { .text(Text(text)) }

    init(_ constant: Constant) {
        switch constant {
        case .none: self = .none
        case .boolean(let value): self = .boolean(value)
        case .integer(let value): self = .integer(value)
        case .float(let value): self = .float(value)
        case .text(let value): self = .text(value)
        }
    }

    /// Python's name of the type, for error messages.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .boolean: "bool"
        case .integer: "int"
        case .float: "float"
        case .text: "str"
        case .list: "list"
        case .tuple: "tuple"
        case .dictionary: "dict"
        case .range: "range"
        case .view(let view): view.kind.rawValue
        case .generator: "generator"
        case .namespace: "Namespace"
        case .loop: "LoopContext"
        case .macro: "Macro"
        case .function: "function"
        case .cycler: "Cycler"
        }
    }

    /// Python's truth: empty and zero are false; whatever has no length is true, generators among them.
    var isTruthy: Bool {
        switch self {
        case .undefined, .none: false
        case .boolean(let value): value
        case .integer(let value): value != 0
        case .float(let value): value != 0
        case .text(let value): !value.isEmpty
        case .list(let elements), .tuple(let elements): !elements.values.isEmpty
        case .dictionary(let mapping): !mapping.entries.isEmpty
        case .range(let range): range.count > 0
        case .view(let view): !view.mapping.entries.isEmpty
        case .loop, .generator, .namespace, .macro, .function, .cycler: true
        }
    }

    /// How deep containers nest below and including this value. Namespaces count as leaves: the interpreter owns
    /// them, so freeing a value never recurses through one.
    var depth: Int {
        switch self {
        case .list(let elements), .tuple(let elements): elements.depth
        case .dictionary(let mapping): mapping.depth
        case .view(let view): view.mapping.depth + 1
        case .generator(let generator): generator.depth
        case .function(let call): call.receiver.depth + 1
        case .loop, .cycler, .macro: 2
        default: 1
        }
    }

    /// The value as a Python `int`, which booleans are too.
    var asInteger: Int? {
        switch self {
        case .integer(let value): value
        case .boolean(let value): value ? 1 : 0
        default: nil
        }
    }

    var asDouble: Double? {
        if case .float(let value) = self { value } else { asInteger.map(Double.init) }
    }

    var asText: Text? {
        if case .text(let value) = self { value } else { nil }
    }

    var isUndefined: Bool {
        if case .undefined = self { true } else { false }
    }

    var isNone: Bool {
        if case .none = self { true } else { false }
    }
}

/// The members of a list or a tuple.
struct Elements {
    var values: [Value]
    /// One more than the deepest member.
    var depth: Int
    /// Whether this is a pair made by `groupby`, whose members have the names `grouper` and `list`.
    var isGroup: Bool

    init(_ values: [Value], isGroup: Bool = false) {
        self.values = values
        self.isGroup = isGroup
        depth = (values.lazy.map(\.depth).max() ?? 0) + 1
    }
}

/// A value that is not there, and why: using it for more than printing or testing reports the reason.
final class Undefined: Sendable {
    enum Reason: Sendable {
        case variable(String)
        case attribute(String, of: String)
        case element(String, of: String)
        case other(String)
        /// An attribute that exists in Python and is not for templates.
        case unsafe(String, of: String)
    }

    let reason: Reason

    init(_ reason: Reason) {
        self.reason = reason
    }

    var message: String {
        switch reason {
        case .variable(let name): "'\(name)' is undefined"
        case .attribute(let name, let type): "'\(type) object' has no attribute '\(name)'"
        case .element(let key, let type): "\(type) object has no element \(key)"
        case .other(let message): message
        case .unsafe(let name, let type): "access to attribute '\(name)' of '\(type)' object is unsafe."
        }
    }

    var kind: TemplateError.Kind {
        if case .unsafe = reason { .security } else { .undefined }
    }
}

/// `range(start, stop, step)`; never longer than the limit.
struct RangeValue: Hashable {
    var start: Int
    var stop: Int
    var step: Int

    /// Members: start, start + step, ... before stop.
    var count: Int {
        if step > 0 {
            guard stop > start else { return 0 }
            let (distance, overflow) = stop.subtractingReportingOverflow(start)
            return overflow ? .max : (distance - 1) / step + 1
        }
        guard start > stop else { return 0 }
        let (distance, overflow) = start.subtractingReportingOverflow(stop)
        return overflow || step == .min ? (overflow ? .max : 1) : (distance - 1) / -step + 1
    }

    subscript(index: Int) -> Int { start + index * step }

    var values: [Value] { (0..<count).map { .integer(self[$0]) } }
}

/// What `keys()`, `values()` and `items()` of a dictionary give: iterable, with a length, without subscripts.
final class DictionaryView {
    enum Kind: String {
        case keys = "dict_keys", values = "dict_values", items = "dict_items"
    }

    let mapping: Mapping
    let kind: Kind

    init(_ mapping: Mapping, _ kind: Kind) {
        self.mapping = mapping
        self.kind = kind
    }

    var values: [Value] {
        switch kind {
        case .keys: mapping.keys
        case .values: Array(mapping.entries.values)
        case .items: mapping.items
        }
    }
}
