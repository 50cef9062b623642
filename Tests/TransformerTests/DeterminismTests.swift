import Kernels
import Testing

@testable import Transformer

/// A sequence gets the same bits however it is computed: users must not see who else is being served, and a prefix
/// from the cache must continue as if it had been computed just now.
@Suite struct DeterminismTests {
    @Test(arguments: Fixture.all, KernelTable.available.map(\.name))
    func chunkedIsWhole(fixture: Fixture, kernels: String) throws {
        let model = try fixture.model(kernels: KernelTable.select(environment: kernels))
        let tokens = sampleTokens(100)
        let whole = try model.logits(of: tokens)
        #expect(try model.logits(of: tokens, chunks: Array(repeating: 1, count: 100)) == whole)
        #expect(try model.logits(of: tokens, chunks: [7, 25, 1, 64, 3]) == whole)
    }

    /// Beyond 128 positions a lone token's attention is split among the workers, and a chunk's is not.
    @Test(arguments: Fixture.all, KernelTable.available.map(\.name))
    func longContextsAreTheSameInChunksAndTokenByToken(fixture: Fixture, kernels: String) throws {
        let tokens = sampleTokens(1_100)
        for cacheType in CacheType.allCases {
            let table = try KernelTable.select(environment: kernels)
            let model = try fixture.model(kernels: table, cacheType: cacheType)
            let whole = try model.logits(of: tokens)
            let chunked = try model.logits(of: tokens, chunks: [500, 20, 1, 505, 10, 60, 1, 1, 1, 1])
            #expect(chunked == whole, "\(cacheType)")
        }
    }

    @Test(arguments: Fixture.all, KernelTable.available.map(\.name))
    func batchedIsAlone(fixture: Fixture, kernels: String) throws {
        let table = try KernelTable.select(environment: kernels)
        let lengths = [1, 5, 33, 64, 70, 600]
        let sequences = lengths.enumerated().map { sampleTokens($1 + 1, seed: UInt32($0)) }
        let alone = try sequences.map { tokens in
            try fixture.model(kernels: table).logits(of: tokens, chunks: [tokens.count - 1, 1])
        }
        let model = try fixture.model(kernels: table, blockCount: 64)
        var segments: [Segment] = []
        var block: Int32 = 3
        for tokens in sequences {
            let blocks = TransformerModel.blocks(block, tokens.count)
            block += Int32(blocks.count)
            segments.append(
                Segment(tokens: tokens.dropLast(), firstPosition: 0, blockTable: blocks, outputs: .all))
        }
        let width = model.vocabularySize
        var prefill = try Array(model.step(segments).logits)[...]
        for (index, tokens) in sequences.enumerated() {
            let expected = alone[index].dropLast(width)
            #expect(prefill.prefix(expected.count).elementsEqual(expected), "prompt of \(tokens.count - 1)")
            prefill = prefill.dropFirst(expected.count)
            segments[index].firstPosition = tokens.count - 1
            segments[index].tokens = [tokens[tokens.count - 1]]
            segments[index].outputs = .last
        }
        let decoded = try Array(model.step(segments).logits)
        for index in sequences.indices {
            #expect(decoded[index * width..<(index + 1) * width].elementsEqual(alone[index].suffix(width)))
        }
    }

    /// Each sequence alone, its prompt whole, on one thread; and all in one batch that decodes some while it still
    /// reads the prompts of others, on one to three.
    @Test(arguments: CacheType.allCases, KernelTable.available.map(\.name))
    func batchesOfThirtyTwoAreAlone(cacheType: CacheType, kernels: String) throws {
        let table = try KernelTable.select(environment: kernels)
        let sequences = (0..<32).map { sampleTokens(2 + $0 * 37 % 150 + ($0 == 5 ? 400 : 0), seed: UInt32($0)) }
        for fixture in [Fixture.quantised, Fixture(name: "gemma3")] {
            let lone = try fixture.model(kernels: table, threadCount: 1, cacheType: cacheType)
            let alone = try sequences.map { tokens in
                try lone.logits(of: tokens, chunks: [tokens.count - 1, 1]).suffix(lone.vocabularySize)
            }
            for threadCount in 1...3 {
                let model = try fixture.model(
                    kernels: table, threadCount: threadCount, blockCount: 256, cacheType: cacheType)
                #expect(try model.decodeTogether(sequences, chunkLength: 60).elementsEqual(alone.joined()))
            }
        }
    }

    @Test(arguments: Fixture.all, KernelTable.available.map(\.name))
    func threadsDoNotMatter(fixture: Fixture, kernels: String) throws {
        let table = try KernelTable.select(environment: kernels)
        let tokens = sampleTokens(700)
        let chunks = [600, 1, 1, 98]
        for cacheType in CacheType.allCases {
            func logits(threadCount: Int) throws -> [Float] {
                let model = try fixture.model(kernels: table, threadCount: threadCount, cacheType: cacheType)
                return try model.logits(of: tokens, chunks: chunks)
            }
            let expected = try logits(threadCount: 1)
            for threadCount in [2, 3, 5] { #expect(try logits(threadCount: threadCount) == expected, "\(cacheType)") }
        }
    }

    @Test func onlyTheWantedRowsComeOut() throws {
        let model = try Fixture.all[0].model(blockCount: 16)
        let tokens = sampleTokens(40)
        let width = model.vocabularySize
        let all = try model.logits(of: tokens)
        func segment(_ block: Int32, _ outputs: OutputRows) -> Segment {
            Segment(
                tokens: tokens, firstPosition: 0, blockTable: TransformerModel.blocks(block, tokens.count),
                outputs: outputs)
        }
        let logits = try Array(
            model.step([segment(0, .none), segment(2, .last), segment(4, .all), segment(6, .last)]).logits)
        #expect(logits == Array(all.suffix(width)) + all + Array(all.suffix(width)))
        #expect(try model.step([segment(0, .none)]).logits.isEmpty)
    }

    /// Two continuations share a prompt's full blocks and each own a copy of its last, half-full one, which lies on the
    /// same shelf or on another.
    @Test(arguments: CacheType.allCases, [Int32(7), 37])
    func sequencesMayShareBlocks(cacheType: CacheType, copy: Int32) throws {
        let model = try Fixture.all[0].model(blockCount: 40, cacheType: cacheType)
        let prompt = sampleTokens(45), ends = [sampleTokens(30, seed: 8), sampleTokens(30, seed: 9)]
        let expected = try ends.map { try model.logits(of: prompt + $0).suffix(30 * model.vocabularySize) }
        _ = try model.step([Segment(tokens: prompt, firstPosition: 0, blockTable: [5, 2], outputs: .none)])
        model.copyBlock(from: 2, to: copy)
        let logits = try model.step([
            Segment(tokens: ends[0], firstPosition: 45, blockTable: [5, 2, 0], outputs: .all),
            Segment(tokens: ends[1], firstPosition: 45, blockTable: [5, copy, 1], outputs: .all),
        ]).logits
        #expect(logits.elementsEqual(expected.joined()))
    }
}
