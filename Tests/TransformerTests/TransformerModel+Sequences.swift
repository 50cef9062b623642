@testable import Transformer

extension TransformerModel {
    /// The logits of one sequence, computed in chunks of the given lengths.
    func logits(of tokens: [Int32], chunks: [Int]? = nil, blocks: [Int32]? = nil) throws -> [Float] {
        let blocks = blocks ?? Self.blocks(0, tokens.count)
        var logits: [Float] = []
        var first = 0
        for count in chunks ?? [tokens.count] {
            let chunk = Segment(
                tokens: Array(tokens[first..<first + count]), firstPosition: first, blockTable: blocks, outputs: .all,
                isLong: isLong(tokens.count))
            logits += try step([chunk]).logits
            first += count
        }
        return logits
    }

    /// The logits of the last token of each sequence, computed in steps over all sequences: at most `chunkLength`
    /// tokens of each, and the last one by itself.
    func decodeTogether(_ sequences: [[Int32]], chunkLength: Int) throws -> [Float] {
        var logits = Array(repeating: [Float](), count: sequences.count)
        var done = Array(repeating: 0, count: sequences.count)
        var tables: [[Int32]] = []
        for tokens in sequences {
            tables.append(Self.blocks(Int32(tables.reduce(0) { $0 + $1.count }), tokens.count))
        }
        while true {
            let running = sequences.indices.filter { done[$0] < sequences[$0].count }
            guard !running.isEmpty else { return Array(logits.joined()) }
            var segments: [Segment] = []
            for index in running {
                let left = sequences[index].count - done[index], count = min(chunkLength, max(1, left - 1))
                segments.append(
                    Segment(
                        tokens: Array(sequences[index][done[index]..<done[index] + count]),
                        firstPosition: done[index], blockTable: tables[index], outputs: left == 1 ? .last : .none,
                        isLong: isLong(sequences[index].count)))
                done[index] += count
            }
            var rows = try step(segments).logits[...]
            for (index, segment) in zip(running, segments) where segment.outputs == .last {
                logits[index] = Array(rows.prefix(vocabularySize))
                rows = rows.dropFirst(vocabularySize)
            }
        }
    }

    /// A table of consecutive blocks for `tokenCount` positions.
    static func blocks(_ first: Int32, _ tokenCount: Int) -> [Int32] {
        (0..<Int32(KeyValueLayout.blockCount(forTokens: tokenCount))).map { first + $0 }
    }
}

/// Tokens of a fixed pseudo-random sequence.
func sampleTokens(_ count: Int, seed: UInt32 = 1) -> [Int32] {
    var state = seed &* 2_654_435_761
    return (0..<count).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return Int32(state >> 24)
    }
}

extension TransformerModel {
    /// The likeliest tokens one after another.
    func greedyTokens(after prompt: [Int32], count: Int) throws -> [Int32] {
        var tokens: [Int32] = [], next = prompt, position = 0
        let blocks = Self.blocks(0, prompt.count + count)
        for _ in 0..<count {
            let length = position + next.count
            if isLong(length), !isLong(position) { (next, position) = (prompt + tokens, 0) }
            let segment = Segment(
                tokens: next, firstPosition: position, blockTable: blocks, outputs: .last, isLong: isLong(length))
            let logits = try step([segment]).logits
            position = length
            next = [Int32(logits.indices.max { logits[$0] < logits[$1] } ?? 0)]
            tokens += next
        }
        return tokens
    }
}
