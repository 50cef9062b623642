public import JSON

/// One row of a request's table: a field's name, shape, default and effect.
public struct Field: Sendable {
    public var name: String
    public var shape: Shape
    public var isRequired: Bool
    /// The value that absence (or null) stands for, if it stands for one.
    public var defaultValue: JSONValue?
    public var effect: Effect
    /// One sentence for the reference page.
    public var summary: String

    /// A field without which the request is refused.
    public static func required(_ name: String, _ shape: Shape, _ summary: String = "") -> Field {
        Field(name: name, shape: shape, isRequired: true, defaultValue: nil, effect: .honoured, summary: summary)
    }

    /// A field that may be left out and does what the API says.
    public static func honoured(
        _ name: String, _ shape: Shape, default defaultValue: JSONValue? = nil, _ summary: String = ""
    ) -> Field {
        Field(
            name: name, shape: shape, isRequired: false, defaultValue: defaultValue, effect: .honoured,
            summary: summary)
    }

    /// A field that is checked and then changes nothing.
    public static func accepted(_ name: String, _ shape: Shape, because reason: String) -> Field {
        Field(
            name: name, shape: shape, isRequired: false, defaultValue: nil, effect: .accepted(reason: reason),
            summary: "")
    }

    /// A field that is refused, unless it holds a value that asks for nothing.
    public static func rejected(
        _ name: String, _ shape: Shape = .any, unless harmless: [JSONValue] = [], because reason: String
    ) -> Field {
        Field(
            name: name, shape: shape, isRequired: false, defaultValue: nil,
            effect: .rejected(reason: reason, unless: harmless), summary: "")
    }
}
