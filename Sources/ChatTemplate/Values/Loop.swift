/// The special variable `loop`.
///
/// It draws its members one by one: a loop's condition and a generator see what the body has done so far, as in
/// Jinja. Looking ahead (`last`, `nextitem`) draws one member early, `length` draws all of them.
final class Loop {
    let statement: LoopStatement
    /// Where a recursive call renders the body.
    let scope: Scope
    /// How many loops of the same recursion are around this one.
    let depth: Int
    private var source: Generator
    private let knownLength: Int?
    private var computedLength: Int?
    private var ahead: Value?
    private(set) var index = -1
    private(set) var previous: Value?
    private(set) var current: Value?
    /// What `changed` saw last.
    var lastChecked: [Value]?

    init(_ statement: LoopStatement, over source: Generator, length: Int?, in scope: Scope, depth: Int) {
        self.statement = statement
        self.source = source
        self.scope = scope
        self.depth = depth
        knownLength = length
    }

    /// Moves on to the next member.
    func advance() throws(TemplateError) -> Value? {
        let value: Value?
        if let next = ahead {
            value = next
            ahead = nil
        } else {
            value = try source.next()
        }
        guard let value else { return nil }
        index += 1
        previous = current
        current = value
        return value
    }

    /// The member after the current one.
    func peek() throws(TemplateError) -> Value? {
        if ahead == nil { ahead = try source.next() }
        return ahead
    }

    func length(_ interpreter: Interpreter) throws(TemplateError) -> Int {
        if let length = knownLength ?? computedLength { return length }
        let rest = try interpreter.drain(source)
        source = Generator(rest)
        let length = rest.count + index + 1 + (ahead == nil ? 0 : 1)
        computedLength = length
        return length
    }
}
