/// Which rows of a segment's hidden states become logits.
public enum OutputRows: Sendable {
    /// None: a chunk in the middle of a prompt.
    case none
    /// The last token's row: decode, or the chunk that ends a prompt.
    case last
    /// Every row: scoring, echo with log-probabilities, speculative checks.
    case all
}

/// A run of consecutive tokens of one sequence that one step computes.
public struct Segment: Sendable {
    /// Token ids, at positions `firstPosition ..< firstPosition + tokens.count`.
    public var tokens: [Int32]
    public var firstPosition: Int
    /// Physical KV blocks; entry `i` holds positions `i * blockLength ..< (i + 1) * blockLength`. It must cover every
    /// position up to the segment's last.
    public var blockTable: [Int32]
    public var outputs: OutputRows

    public init(tokens: [Int32], firstPosition: Int, blockTable: [Int32], outputs: OutputRows) {
        self.tokens = tokens
        self.firstPosition = firstPosition
        self.blockTable = blockTable
        self.outputs = outputs
    }

    /// How many rows of logits this segment asks for.
    public var outputRowCount: Int {
        switch outputs {
        case .none: 0
        case .last: 1
        case .all: tokens.count
        }
    }
}

/// A model that computes one step at a time over a ragged batch and keeps its keys and values in numbered blocks.
///
/// It decides nothing: which sequences run, and which blocks they own, is the caller's business. Not thread safe: one
/// thread owns it.
public protocol StepModel: AnyObject {
    var vocabularySize: Int { get }
    /// The largest number of positions of one sequence.
    var contextLength: Int { get }
    /// Positions in one KV block.
    var blockLength: Int { get }
    /// KV blocks in all.
    var blockCount: Int { get }

    /// One forward pass over the concatenation of all segments.
    ///
    /// Returns logits in the order of the segments, `vocabularySize` floats a row, valid until the next call.
    func step(_ segments: [Segment]) throws -> UnsafeBufferPointer<Float>

    /// Copies the keys and values of a whole block in every layer.
    func copyBlock(from source: Int32, to destination: Int32)
}
