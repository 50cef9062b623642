import Tokenization
import Transformer

/// The texts of a pooling request, and how many of them are done. Owned by the engine thread.
///
///     texts  | computed ..... | in the step being planned | to come ...... |
///            0                results.count               plannedCount     texts.count
final class PoolingJob {
    private let request: PoolingRequest
    private let channel: PoolingChannel
    /// Tokens of all texts.
    let tokenCount: Int
    private(set) var results: [PoolingResult] = []
    /// Texts that are computed or part of the step being planned.
    var plannedCount = 0

    init(_ request: PoolingRequest, channel: PoolingChannel) {
        self.request = request
        self.channel = channel
        tokenCount = request.tokenCount
    }

    var isComplete: Bool { results.count == request.texts.count }

    /// Tokens of the next text to plan; nil when all are planned.
    var nextTokenCount: Int? {
        plannedCount < request.texts.count ? request.texts[plannedCount].tokens.count : nil
    }

    /// Rows of logits that the next text to plan asks for.
    var nextRowCount: Int {
        guard case .masks(let mask, _, _) = request.output, plannedCount < request.texts.count else { return 0 }
        return request.texts[plannedCount].tokens.count { $0 == mask }
    }

    func tokenCount(of index: Int) -> Int { request.texts[index].tokens.count }

    /// What a step computes of one text.
    func segment(_ index: Int, blockTable: [Int32]) -> Segment {
        let text = request.texts[index]
        let outputs: OutputRows =
            switch request.output {
            case .vector(let pooling): .pooled(pooling)
            case .classes: .classes
            case .masks(let mask, _, _): .rows(text.tokens.indices.filter { text.tokens[$0] == mask })
            }
        return Segment(
            tokens: text.tokens.map(\.rawValue), tokenTypes: text.tokenTypes, firstPosition: 0, blockTable: blockTable,
            outputs: outputs)
    }

    /// Passes the rows of a text in what a step gave.
    ///
    /// - Returns: what they say; nil if they hold something that is no number.
    func result(of index: Int, _ rows: inout StepRows) -> PoolingResult? {
        switch request.output {
        case .vector:
            let row = rows.pooled.next()
            return row.allSatisfy(\.isFinite) ? .vector(Array(row)) : nil
        case .classes:
            let row = rows.classes.next()
            return row.allSatisfy(\.isFinite) ? .classes(Array(row)) : nil
        case .masks(let mask, let count, let targets):
            var fills: [[TokenLogprob]] = []
            var isFinite = true
            for token in request.texts[index].tokens where token == mask {
                let row = rows.logits.next()
                isFinite = isFinite && VectorMath.maximum(row).isFinite
                if isFinite { fills.append(LogprobRow(row).best(count, among: targets)) }
            }
            return isFinite ? .masks(fills) : nil
        }
    }

    /// Takes the result of the next text.
    func add(_ result: PoolingResult) { results.append(result) }

    /// What was planned and not computed is to be planned again.
    func forgetPlan() { plannedCount = results.count }

    func finish(_ summary: GenerationSummary) {
        _ = channel.send(PoolingReply(results: summary.finishReason == .stop ? results : [], summary: summary))
    }
}

extension PoolingRequest {
    var tokenCount: Int { texts.reduce(0) { $0 + $1.tokens.count } }
}
