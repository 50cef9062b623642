public import JSON

/// What a request field may hold: a JSON type with its range.
///
/// Shapes are data. The validator walks them, the JSON Schema for `openapi.yaml` is printed from them, and the
/// reference page is written from them, so that the three cannot differ.
public indirect enum Shape: Sendable {
    case boolean
    /// A whole number; `3.0` counts, `"3"` does not.
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    /// A string, with its length in UTF-8 bytes.
    case string(bytes: ClosedRange<Int>)
    /// A string, with its length in Unicode scalars, which is what JSON Schema counts.
    case characters(ClosedRange<Int>)
    /// A string out of a fixed set.
    case choice([String])
    /// 1 to 64 letters, digits, underscores and dashes.
    case identifier
    case array(of: Shape, count: ClosedRange<Int>)
    /// An object with known members; any other member is an error.
    case object([Field])
    /// An object with members of the caller's choice.
    case map(of: Shape, keyCharacters: ClosedRange<Int>, count: ClosedRange<Int>)
    /// An object whose member names are token ids in plain decimal.
    case tokenMap(of: Shape, count: ClosedRange<Int>)
    /// An object whose other members depend on one string member, such as `role` or `type`.
    case tagged(by: String, [Variant])
    /// The first alternative whose JSON type fits; its own range then decides.
    case either([Shape])
    /// Another shape under a name of its own, so that documents can describe it once.
    case named(String, Shape)
    /// Any object.
    case record
    /// Anything at all, null excepted.
    case any
}

/// One kind of a tagged object: the value of its tag, its other members, and what the server does with it.
public struct Variant: Sendable {
    public var tag: String
    public var fields: [Field]
    public var effect: Effect
    public var summary: String

    public init(_ tag: String, _ fields: [Field], effect: Effect = .honoured, _ summary: String = "") {
        self.tag = tag
        self.fields = fields
        self.effect = effect
        self.summary = summary
    }
}

/// What the server does with a field that it knows.
public enum Effect: Sendable {
    /// The field does what the API says.
    case honoured
    /// The field is read and checked, and changes nothing, for the reason given.
    case accepted(reason: String)
    /// The field is refused with status 400 for the reason given, unless it holds one of the values that ask for
    /// nothing beyond what the server does anyway.
    case rejected(reason: String, unless: [JSONValue])
}

extension Shape {
    /// Limits on a token id in a request; whether the model has such a token is the model's matter.
    static let tokenID = Shape.integer(0...Int(Int32.max))

    /// A count of tokens with a least value.
    static func tokenCount(atLeast minimum: Int) -> Shape { .integer(minimum...Int(Int32.max)) }

    /// Text that is bounded only by the size of the body.
    static let text = Shape.string(bytes: 0...Int(Int32.max))
}
