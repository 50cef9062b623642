import Transformer

/// Sequences that own consecutive blocks of a cache, for measuring a model without a scheduler.
struct SoloSequence {
    let blockTable: [Int32]
    private(set) var position = 0

    /// - Parameters:
    ///   - index: which of several equal sequences this is.
    ///   - length: positions it may reach.
    init(index: Int, length: Int, model: any StepModel) {
        let count = (length + model.blockLength - 1) / model.blockLength
        blockTable = (0..<count).map { Int32(index * count + $0) }
    }

    mutating func segment(_ tokens: [Int32], outputs: OutputRows) -> Segment {
        defer { position += tokens.count }
        return Segment(tokens: tokens, firstPosition: position, blockTable: blockTable, outputs: outputs)
    }
}
