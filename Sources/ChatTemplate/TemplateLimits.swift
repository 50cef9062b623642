/// What one template may cost.
///
/// Templates come with downloaded models and their inputs come from strangers, so neither the program nor its data
/// is trusted to terminate. Every loop, call and copy of the evaluator is charged against these limits.
public struct TemplateLimits: Hashable, Sendable {
    /// Evaluated nodes, loop iterations and compared elements; copying costs one step per 256 bytes.
    public var steps = 1_000_000
    /// UTF-8 bytes of the rendered prompt.
    public var outputBytes = 16 << 20
    /// UTF-8 bytes of any single string on the way.
    public var stringBytes = 16 << 20
    /// UTF-8 bytes of the template's source.
    public var templateBytes = 1 << 20
    /// How deep expressions and blocks of the source may nest.
    public var syntaxDepth = 64
    /// How deep lists and objects may nest.
    public var valueDepth = 128
    /// How deep macros and recursive loops may call themselves.
    public var callDepth = 100
    /// How much of its thread's stack the evaluator may take. Threads of glibc have 8 MiB unless told otherwise;
    /// on a smaller one leave 256 KiB for what runs between two checks.
    public var stackBytes = 1 << 20
    /// Elements of one `range()`, as in the sandbox of Jinja.
    public var rangeLength = 100_000
    /// Wall-clock time of one rendering.
    public var duration: Duration = .milliseconds(250)

    public init() {}
}
