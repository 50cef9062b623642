/// A chat template: compiled once, rendered for every request.
///
/// Chat templates are programs in Jinja that come with a model and turn a conversation into the prompt it was
/// trained on. This is an interpreter of its own for that language, with Python's semantics of values, because a
/// prompt that differs by a space is a different prompt. Programs come from downloaded files, so they are sandboxed:
/// there is no way to reach anything but the variables of ``TemplateContext``, and everything is bounded by
/// ``TemplateLimits``. Unknown tags, filters and tests are errors at compile time.
public struct ChatTemplate: Sendable {
    /// What the template may cost.
    public let limits: TemplateLimits
    private let program: Program

    /// Compiles a template, with `trim_blocks` and `lstrip_blocks` on as in Hugging Face transformers.
    public init(source: String, limits: TemplateLimits = TemplateLimits()) throws(TemplateError) {
        self.limits = limits
        program = try Parser.program(of: source, limits: limits)
    }

    /// Renders a conversation. Blocks its thread for at most about ``TemplateLimits/duration``.
    public func render(_ context: TemplateContext) throws(TemplateError) -> RenderedPrompt {
        RenderedPrompt(try Interpreter(program, limits: limits, context: context).run())
    }
}
