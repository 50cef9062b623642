import Kernels
import Testing

@testable import Transformer

/// Every family gives what the reference library gives, from each form of its files.
@Suite struct FamilyLogitsTests {
    @Test(arguments: FamilyFixture.decoders)
    func logitsAgreeWithTheReferenceLibrary(fixture: FamilyFixture) throws {
        for source in try fixture.sources() {
            let model = try FamilyFixture.load(source)
            for expectation in fixture.expected where expectation.kind == "logits" {
                let tokens = try FamilyFixture.tokens(expectation.prompt)
                let all = try model.logits(of: tokens), width = model.vocabularySize
                try #require(expectation.columns == width)
                let logits = (expectation.rows ?? []).flatMap { all[$0 * width..<($0 + 1) * width] }
                let expected = try fixture.values(expectation)
                try #require(logits.count == expected.count)
                let difference = zip(logits, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
                let largest = expected.map(abs).max() ?? 0
                #expect(difference < 1e-3 * largest, "\(expectation.prompt): \(difference / largest)")
                if let greedy = expectation.greedy {
                    #expect(try model.greedyTokens(after: tokens, count: greedy.count) == greedy)
                }
            }
        }
    }

    /// Each family's kind of layer, alone and in a batch, whole and token by token, on one thread and several.
    @Test(arguments: FamilyFixture.decoders, KernelTable.available.map(\.name))
    func bitsDoNotDependOnCompany(fixture: FamilyFixture, kernels: String) throws {
        let source = try fixture.sources()[0], table = try KernelTable.select(environment: kernels)
        let sequences = [1, 5, 20, 33].enumerated().map { index, count in
            sampleTokens(count + 1, seed: UInt32(index)).map { $0 % 128 }
        }
        let lone = try FamilyFixture.load(source, kernels: table, threadCount: 1)
        let alone = try sequences.map { tokens in
            let whole = try lone.logits(of: tokens)
            let chunks = Array(repeating: 1, count: tokens.count)
            #expect(try lone.logits(of: tokens, chunks: chunks) == whole)
            return whole.suffix(lone.vocabularySize)
        }
        for threadCount in 1...3 {
            let model = try FamilyFixture.load(source, kernels: table, threadCount: threadCount, blockCount: 16)
            #expect(try model.decodeTogether(sequences, chunkLength: 12).elementsEqual(alone.joined()))
        }
    }
}
