import Transformer

/// Sequences that own consecutive blocks of a cache, for measuring a model without a scheduler.
struct SoloSequence {
    let blockTable: [Int32]
    private(set) var position = 0
    /// By the length that it may reach, so that nothing is computed again on the way.
    private let isLong: Bool

    /// - Parameters:
    ///   - index: which of several equal sequences this is.
    ///   - length: positions it may reach.
    init(index: Int, length: Int, model: any StepModel) {
        let count = (length + model.blockLength - 1) / model.blockLength
        blockTable = (0..<count).map { Int32(index * count + $0) }
        isLong = model.isLong(length)
    }

    mutating func segment(_ tokens: [Int32], outputs: OutputRows) -> Segment {
        defer { position += tokens.count }
        return Segment(
            tokens: tokens, firstPosition: position, blockTable: blockTable, outputs: outputs, isLong: isLong)
    }

    /// Goes on from a position that has been reached before: what the cache holds of the positions before it stays.
    mutating func rewind(to position: Int) {
        precondition((0...self.position).contains(position), "a position that has not been computed")
        self.position = position
    }
}
