/// Why a template could not be compiled or rendered.
public struct TemplateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The families of failure, so that a caller can tell a bad request from a bad template.
    public enum Kind: Hashable, Sendable {
        /// The template is malformed or uses a tag, filter or test that does not exist here.
        case syntax
        /// The template called `raise_exception`; the message is the template's own.
        case raised
        /// An undefined value was used for more than printing, iterating or testing.
        case undefined
        /// An operation does not exist for its operands, or a call does not fit its function.
        case type
        /// An operand is of the right type but impossible: a division by zero, an overflow, an unknown format.
        case value
        /// The template reached for something that the sandbox keeps shut.
        case security
        /// A limit of ``TemplateLimits`` was exceeded.
        case budget(Budget)
    }

    /// The limits that can run out.
    public enum Budget: Hashable, Sendable {
        case steps
        case outputBytes
        case stringBytes
        case templateBytes
        case nesting
        case callDepth
        case rangeLength
        case time
    }

    public var kind: Kind
    public var message: String
    /// The line of the template, counted from 1.
    public var line: Int

    public init(_ kind: Kind, _ message: String, line: Int) {
        self.kind = kind
        self.message = message
        self.line = line
    }

    public var description: String { "line \(line): \(message)" }
}
