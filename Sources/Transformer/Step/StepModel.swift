/// What becomes of a segment's hidden states.
public enum OutputRows: Hashable, Sendable {
    /// None: a chunk in the middle of a prompt.
    case none
    /// The last token's row: decode, or the chunk that ends a prompt.
    case last
    /// Every row: scoring, echo with log-probabilities, speculative checks.
    case all
    /// Logits of these tokens, counted from the segment's first, ascending: the masks of a masked language model.
    case rows([Int])
    /// One vector for the whole text, which the segment must be: an embedding, before any normalisation.
    case pooled(Pooling)
    /// What the model's classifier gives for the whole text, which the segment must be: a number for each class, before
    /// any softmax or sigmoid.
    case classes
}

/// A run of consecutive tokens of one sequence that one step computes.
public struct Segment: Sendable {
    /// Token ids, at positions `firstPosition ..< firstPosition + tokens.count`.
    public var tokens: [Int32]
    /// Which part of a pair of texts each token belongs to, 0 or 1; empty stands for all 0.
    public var tokenTypes: [Int32]
    public var firstPosition: Int
    /// Physical KV blocks; entry `i` holds positions `i * blockLength ..< (i + 1) * blockLength`. It must cover every
    /// position up to the segment's last, unless the model needs no cache.
    public var blockTable: [Int32]
    public var outputs: OutputRows
    /// Whether the text has more positions than ``StepModel/longTextLimit``. What is in the blocks must have been computed
    /// with the same answer.
    public var isLong: Bool

    public init(
        tokens: [Int32], tokenTypes: [Int32] = [], firstPosition: Int, blockTable: [Int32], outputs: OutputRows,
        isLong: Bool = false
    ) {
        self.tokens = tokens
        self.tokenTypes = tokenTypes
        self.firstPosition = firstPosition
        self.blockTable = blockTable
        self.outputs = outputs
        self.isLong = isLong
    }

    /// How many rows of logits this segment asks for.
    public var outputRowCount: Int {
        switch outputs {
        case .none, .pooled, .classes: 0
        case .last: 1
        case .all: tokens.count
        case .rows(let rows): rows.count
        }
    }
}

/// What a step has computed. The memory is the model's, and holds until its next step.
public struct StepOutput {
    /// Rows of `vocabularySize` floats, in the order of the segments.
    public var logits: UnsafeBufferPointer<Float>
    /// A row of `embeddingLength` floats for each segment that asked for `.pooled`, in their order.
    public var pooled: UnsafeBufferPointer<Float>
    /// A row of `classCount` floats for each segment that asked for `.classes`, in their order.
    public var classes: UnsafeBufferPointer<Float>

    public init(
        logits: UnsafeBufferPointer<Float> = UnsafeBufferPointer(start: nil, count: 0),
        pooled: UnsafeBufferPointer<Float> = UnsafeBufferPointer(start: nil, count: 0),
        classes: UnsafeBufferPointer<Float> = UnsafeBufferPointer(start: nil, count: 0)
    ) {
        self.logits = logits
        self.pooled = pooled
        self.classes = classes
    }
}

/// How a step got hold of the threads that models share.
public struct StepTurn: Sendable, Equatable {
    /// How long it waited for other models' steps; not a part of what the step itself costs.
    public var wait: Duration
    /// Whether other models waited when it ended.
    public var othersWait: Bool

    public init(wait: Duration = .zero, othersWait: Bool = false) {
        self.wait = wait
        self.othersWait = othersWait
    }
}

/// A model that computes one step at a time over a ragged batch and keeps its keys and values in numbered blocks.
///
/// It decides nothing: which sequences run, and which blocks they own, is the caller's business. Not thread safe: one
/// thread owns it.
public protocol StepModel: AnyObject {
    var vocabularySize: Int { get }
    /// Floats of a pooled row.
    var embeddingLength: Int { get }
    /// Floats of a row of classes; 0 without a classifier.
    var classCount: Int { get }
    /// The largest number of positions of one sequence.
    var contextLength: Int { get }
    /// Whether segments need blocks. A model in which all tokens of a text see each other computes it whole, in one
    /// segment that begins at position 0, and keeps nothing of it.
    var needsCache: Bool { get }
    /// Positions in one KV block.
    var blockLength: Int { get }
    /// KV blocks in all; 0 if none are needed.
    var blockCount: Int { get }
    /// Texts of more positions than this are computed in another way, from their first position on: one that grows past
    /// it must be computed again. Nil where length changes nothing.
    var longTextLimit: Int? { get }

    /// One forward pass over the concatenation of all segments.
    func step(_ segments: [Segment]) throws -> StepOutput

    /// How the newest step got hold of the threads.
    var lastTurn: StepTurn { get }

    /// Copies the keys and values of a whole block in every layer.
    func copyBlock(from source: Int32, to destination: Int32)
}

extension StepModel {
    // A model that shares its threads with no other, and to which all texts are the same.
    public var lastTurn: StepTurn { StepTurn() }
    public var longTextLimit: Int? { nil }
}

extension StepModel {
    /// Whether a text of so many positions is a long one.
    public func isLong(_ count: Int) -> Bool { longTextLimit.map { count > $0 } ?? false }
}
