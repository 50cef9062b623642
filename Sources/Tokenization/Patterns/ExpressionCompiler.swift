/// Turns an expression into instructions.
struct ExpressionCompiler {
    private let source: String
    private var program: [RegularExpression.Instruction] = []

    /// Counted repetitions are written out, so a short expression could ask for a long program.
    private static let longest = 10_000

    /// What repeats nothing adds no instruction, so the visits are counted as well.
    private var visits = 0

    init(_ source: String) {
        self.source = source
    }

    func finish() -> [RegularExpression.Instruction] {
        program + [.accept]
    }

    mutating func compile(_ tree: ExpressionTree) throws(TokenizerError) {
        visits += 1
        guard program.count < Self.longest, visits < Self.longest * 10 else {
            throw .unsupportedExpression(source, reason: "it repeats too much")
        }
        switch tree {
        case .empty: break
        case .scalar(let scalar): program.append(.scalar(scalar))
        case .set(let set): program.append(.set(set))
        case .sequence(let parts): for part in parts { try compile(part) }
        case .alternatives(let parts): try compileAlternatives(parts[...])
        case .anchor(let anchor): program.append(.anchor(anchor))
        case .look(let body, let isNegated, let isBehind): try compileLook(body, isNegated, isBehind)
        case .repetition(let body, let minimum, let maximum, let greed):
            try compileRepetition(body, minimum, maximum, greed)
        }
    }

    private mutating func compileAlternatives(_ parts: ArraySlice<ExpressionTree>) throws(TokenizerError) {
        var ends: [Int] = []
        for part in parts.dropLast() {
            let split = program.count
            program.append(.accept)
            try compile(part)
            ends.append(program.count)
            program.append(.accept)
            program[split] = .split(first: split + 1, second: program.count)
        }
        if let last = parts.last { try compile(last) }
        for end in ends { program[end] = .jump(program.count) }
    }

    private mutating func compileLook(
        _ body: ExpressionTree, _ isNegated: Bool, _ isBehind: Bool
    ) throws(TokenizerError) {
        if isBehind {
            guard let matcher = body.matcher else {
                throw .unsupportedExpression(source, reason: "it looks back farther than one character")
            }
            program.append(.lookBehind(matcher, isNegated: isNegated))
            return
        }
        let look = program.count
        program.append(.accept)
        try compile(body)
        program.append(.accept)
        program[look] = .look(next: program.count, isNegated: isNegated)
    }

    private mutating func compileRepetition(
        _ body: ExpressionTree, _ minimum: Int, _ maximum: Int?, _ greed: ExpressionTree.Greed
    ) throws(TokenizerError) {
        if body.canBeEmpty, maximum == nil {
            throw .unsupportedExpression(source, reason: "it repeats without end what may be empty")
        }
        for _ in 0..<minimum { try compile(body) }
        if greed == .possessive { return try compilePossessive(body, minimum, maximum) }
        guard let maximum else {
            let split = program.count
            program.append(.accept)
            try compile(body)
            program.append(.jump(split))
            program[split] = Self.split(split + 1, program.count, greed)
            return
        }
        var splits: [Int] = []
        for _ in 0..<max(0, maximum - minimum) {
            splits.append(program.count)
            program.append(.accept)
            try compile(body)
        }
        for split in splits { program[split] = Self.split(split + 1, program.count, greed) }
    }

    private static func split(
        _ more: Int, _ enough: Int, _ greed: ExpressionTree.Greed
    ) -> RegularExpression.Instruction {
        greed == .lazy ? .split(first: enough, second: more) : .split(first: more, second: enough)
    }

    /// What single characters repeat without giving any back. As there is no such mark behind a count, the most is one or
    /// without end; `x?+` is `x|(?!x)`.
    private mutating func compilePossessive(
        _ body: ExpressionTree, _ minimum: Int, _ maximum: Int?
    ) throws(TokenizerError) {
        guard let matcher = body.matcher else {
            throw .unsupportedExpression(source, reason: "it repeats more than one character possessively")
        }
        guard maximum != nil else {
            program.append(.possess(matcher))
            return
        }
        try compile(.alternatives([.set(matcher), .look(.set(matcher), isNegated: true, isBehind: false)]))
    }
}
