/// Renders one program once. Not shared between threads; every rendering has its own.
final class Interpreter {
    let program: Program
    let limits: TemplateLimits
    let context: TemplateContext
    /// What has been printed so far, into the prompt or into the innermost capture.
    var output = Text()
    var scope = Scope(parent: nil)
    /// The outermost scope.
    let root: Scope
    /// The line being evaluated, for error messages.
    var line = 1
    /// How many macros and recursive loops are being rendered.
    var callDepth = 0
    var budget: Budget
    private let stackStart = Interpreter.stackPosition
    /// The variables of the context by number, converted when first read.
    private var contextValues: [Value?]
    /// The objects that can hold references to themselves, emptied at the end.
    private var namespaces: [Namespace] = []
    private var capturedScopes: [ObjectIdentifier: Scope] = [:]

    init(_ program: Program, limits: TemplateLimits, context: TemplateContext) {
        self.program = program
        self.limits = limits
        self.context = context
        root = scope
        budget = Budget(limits: limits)
        contextValues = Array(repeating: nil, count: program.variables.count)
    }

    /// The prompt.
    func run() throws(TemplateError) -> Text {
        defer { dismantle() }
        _ = try execute(program.body)
        return output
    }

    /// Breaks the reference cycles that templates can build.
    private func dismantle() {
        scope = root
        root.clear()
        for scope in capturedScopes.values { scope.clear() }
        for namespace in namespaces { namespace.attributes = [] }
        contextValues = []
    }

    func makeNamespace() -> Namespace {
        let namespace = Namespace()
        namespaces.append(namespace)
        return namespace
    }

    func makeMacro(_ definition: MacroDefinition) -> Macro {
        capturedScopes[ObjectIdentifier(scope)] = scope
        return Macro(definition, in: scope)
    }

    // MARK: Variables

    func value(of variable: Variable) throws(TemplateError) -> Value {
        if let value = scope.find(variable) { return value }
        if let value = contextValues[variable.id] { return value }
        let value =
            try contextValue(variable.name) ?? Globals.table[variable.name].map {
                .function(NativeCall(variable.name, $0))
            }
            ?? .undefined(Undefined(.variable(variable.name)))
        contextValues[variable.id] = value
        return value
    }

    /// Runs a body with variables of its own.
    func inScope<Result>(
        of parent: Scope, _ body: (Scope) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        let outer = scope
        scope = Scope(parent: parent)
        defer { scope = outer }
        return try body(scope)
    }

    /// What a body prints, instead of printing it.
    func capture(_ body: () throws(TemplateError) -> Flow) throws(TemplateError) -> (text: Text, flow: Flow) {
        let outer = output
        output = Text()
        // An error ends the rendering, so only success has to put the output back.
        let flow = try body()
        defer { output = outer }
        return (output, flow)
    }

    func print(_ text: Text) throws(TemplateError) {
        guard text.count <= limits.outputBytes - output.count else {
            throw failure(.budget(.outputBytes), "the prompt is longer than \(limits.outputBytes) bytes")
        }
        output.append(text.plain)
        try charge(bytes: text.count)
    }

    // MARK: Limits

    func failure(_ kind: TemplateError.Kind, _ message: String) -> TemplateError {
        TemplateError(kind, message, line: line)
    }

    func charge(_ steps: Int = 1) throws(TemplateError) {
        if let exhausted = budget.charge(steps) { throw failure(.budget(exhausted), Budget.message(exhausted)) }
    }

    /// Charges for making a string, and bounds its length. To be called before making what could be huge.
    func charge(bytes: Int) throws(TemplateError) {
        guard bytes <= limits.stringBytes else {
            throw failure(.budget(.stringBytes), "a string is longer than \(limits.stringBytes) bytes")
        }
        try charge(bytes >> 8)
    }

    /// Charges for making a list.
    func charge(elements: Int) throws(TemplateError) {
        try charge(elements >> 3)
    }

    /// Bounds recursion. Frames differ in size by kind of node and by build, so the stack itself is measured.
    @inline(__always)
    func descend<Result>(_ body: () throws(TemplateError) -> Result) throws(TemplateError) -> Result {
        // A rendering stays on the thread that made its interpreter, and stacks grow downwards.
        guard stackStart &- Self.stackPosition < limits.stackBytes else {
            throw failure(.budget(.callDepth), "the evaluation nests too deep")
        }
        return try body()
    }

    /// About where the stack ends now.
    private static var stackPosition: Int {
        var marker: UInt8 = 0
        return withUnsafeMutablePointer(to: &marker) { Int(bitPattern: $0) }
    }

    /// A list, if it nests no deeper than values may.
    func list(_ values: [Value]) throws(TemplateError) -> Value { .list(try elements(values)) }

    func tuple(_ values: [Value]) throws(TemplateError) -> Value { .tuple(try elements(values)) }

    private func elements(_ values: [Value]) throws(TemplateError) -> Elements {
        try charge(elements: values.count)
        let elements = Elements(values)
        try check(depth: elements.depth)
        return elements
    }

    func check(depth: Int) throws(TemplateError) {
        guard depth <= limits.valueDepth else {
            throw failure(.budget(.nesting), "a value nests deeper than \(limits.valueDepth) levels")
        }
    }
}

/// How a body ended.
enum Flow {
    case normal
    case breakLoop
    case continueLoop
}
