import Kernels
import ModelFiles
import Testing

@testable import Transformer

@Suite struct StepValidationTests {
    private func segment(
        _ tokens: [Int32] = [1], at position: Int = 0, blocks: [Int32] = [0], outputs: OutputRows = .last
    ) -> Segment {
        Segment(tokens: tokens, firstPosition: position, blockTable: blocks, outputs: outputs)
    }

    @Test func segmentsThatDoNotFitAreRefused() throws {
        let model = try Fixture.all[0].model(blockCount: 2)
        let good = segment()
        let cases: [(Segment, StepError)] = [
            (segment([]), .emptySegment(segment: 1)),
            (segment([256]), .tokenOutOfRange(segment: 1, token: 256)),
            (segment([-1]), .tokenOutOfRange(segment: 1, token: -1)),
            (segment(at: -1), .positionOutOfRange(segment: 1)),
            (segment(at: 2048), .positionOutOfRange(segment: 1)),
            (segment([1, 2], at: 2047), .positionOutOfRange(segment: 1)),
            (segment(at: .max), .positionOutOfRange(segment: 1)),
            (segment(at: 32), .blockTableTooShort(segment: 1, needed: 2, found: 1)),
            (segment(blocks: []), .blockTableTooShort(segment: 1, needed: 1, found: 0)),
            (segment(blocks: [2]), .blockOutOfRange(segment: 1, block: 2)),
            (segment(blocks: [-1]), .blockOutOfRange(segment: 1, block: -1)),
            (segment(outputs: .classes), .outputNotAvailable(segment: 1)),
        ]
        let expected = try Array(model.step([good]).logits)
        for (bad, error) in cases {
            #expect(throws: error) { try model.step([good, bad]) }
            #expect(try model.step([good]).logits.elementsEqual(expected))
        }
        #expect(throws: StepError.noSegments) { try model.step([]) }
    }

    @Test func theContextMayBeShortened() throws {
        let fixture = Fixture.all[0]
        let options = ModelOptions(
            pool: .init(threadCount: 1), kernels: try .select(environment: nil), contextLength: 33)
        let model = try TransformerModel.load(.gguf(fixture.file()), options: options)
        #expect(model.contextLength == 33 && model.blockCount == 2 && model.spec.contextLength == 2048)
        #expect(model.cacheByteCount == 2 * KeyValueLayout(model.spec).bytesPerBlock)
        #expect(throws: StepError.positionOutOfRange(segment: 0)) { try model.step([segment(at: 33, blocks: [0, 1])]) }
    }

    /// Keys of short and long texts are not the same, so nobody gets one for the other by mistake.
    @Test func aTextThatGrewLongMustBeOneFromItsBeginning() throws {
        let fixture = try FamilyFixture.named("phi3-crossing")
        let model = try FamilyFixture.load(try fixture.sources()[0], blockCount: 4)
        #expect(model.longTextLimit == 25 && model.contextLength == 64)
        var text = segment(Array(repeating: 5, count: 26), blocks: [0, 1])
        #expect(throws: StepError.positionOutOfRange(segment: 0)) { try model.step([text]) }
        text.isLong = true
        let long = try Array(model.step([text]).logits)
        text.tokens.removeLast()
        let (last, shortened) = (try Array(model.step([text]).logits), text)
        text.isLong = false
        #expect(try Array(model.step([text]).logits) != last)
        // In one batch each has its own.
        var other = shortened
        other.blockTable = [2, 3]
        text.tokens.append(5)
        text.isLong = true
        #expect(try Array(model.step([other, text]).logits) == last + long)
        let options = ModelOptions(
            pool: .init(threadCount: 1), kernels: try .select(environment: nil), contextLength: 25)
        let short = try TransformerModel.load(try fixture.sources()[0], options: options)
        #expect(short.longTextLimit == nil && short.contextLength == 25)
    }
}
