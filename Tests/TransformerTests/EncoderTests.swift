import Kernels
import ModelFiles
import Testing

@testable import Transformer

/// Every family of encoders, its heads and its pooling.
@Suite struct EncoderTests {
    @Test(arguments: FamilyFixture.encoders, KernelTable.available.map(\.name))
    func resultsAgreeWithTheReferenceLibrary(fixture: FamilyFixture, kernels: String) throws {
        for source in try fixture.sources() {
            let model = try FamilyFixture.load(source, kernels: .select(environment: kernels))
            #expect(!model.needsCache)
            // What the library's own pooler gives belongs to its classifiers.
            for expectation in fixture.expected where expectation.kind != "pooled" {
                let text = EncoderText(
                    tokens: try FamilyFixture.tokens(expectation.prompt), types: expectation.types ?? [])
                let expected = try fixture.values(expectation)
                let found = try results(expectation, text, model)
                try #require(found.count == expected.count)
                let difference = zip(found, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
                let largest = expected.map(abs).max() ?? 0
                #expect(difference < 1e-3 * largest, "\(expectation.prompt): \(difference / largest)")
            }
        }
    }

    /// Weights and activations in bfloat16, on processors that multiply it.
    @Test(arguments: FamilyFixture.encoders)
    func roundingToBFloat16MovesResultsLittle(fixture: FamilyFixture) throws {
        for source in try fixture.sources() {
            let model = try FamilyFixture.load(source, quantization: .bf16)
            for expectation in fixture.expected where expectation.kind != "pooled" {
                let text = EncoderText(
                    tokens: try FamilyFixture.tokens(expectation.prompt), types: expectation.types ?? [])
                let expected = try fixture.values(expectation)
                let found = try results(expectation, text, model)
                let difference = zip(found, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
                // A few steps of 2^-8 each.
                #expect(difference < 0.05 * max(expected.map(abs).max() ?? 0, 0.2), "\(expectation.prompt)")
                #expect(found != expected)
            }
        }
    }

    private func results(
        _ expectation: FamilyFixture.Expectation, _ text: EncoderText, _ model: TransformerModel
    ) throws -> [Float] {
        let rows = expectation.rows ?? []
        switch expectation.kind {
        case "classes": return Array(try model.step([text.segment(.classes)]).classes)
        case "logits": return Array(try model.step([text.segment(.rows(rows))]).logits)
        default: return try states(text, model)
        }
    }

    /// The last hidden states.
    private func states(_ text: EncoderText, _ model: TransformerModel) throws -> [Float] {
        // The mean needs all rows, which stay where they were after the last layer.
        _ = try model.step([text.segment(.pooled(.mean))])
        let length = model.embeddingLength
        var states = [Float](repeating: 0, count: text.tokens.count * length)
        states.withUnsafeMutableBufferPointer { states in
            guard let start = states.baseAddress else { return }
            for row in text.tokens.indices {
                model.normOutput(start + row * length, model.buffers.hidden.pointer + row * length)
            }
        }
        return states
    }

    @Test(arguments: FamilyFixture.encoders, KernelTable.available.map(\.name))
    func bitsDoNotDependOnCompany(fixture: FamilyFixture, kernels: String) throws {
        let table = try KernelTable.select(environment: kernels)
        try expectSameBits(fixture, table, quantization: nil)
        if table.hasBrainProducts { try expectSameBits(fixture, table, quantization: .bf16) }
    }

    private func expectSameBits(
        _ fixture: FamilyFixture, _ table: KernelTable, quantization: WeightFormat?
    ) throws {
        let source = try fixture.sources()[0]
        func load(threadCount: Int) throws -> TransformerModel {
            try FamilyFixture.load(source, kernels: table, threadCount: threadCount, quantization: quantization)
        }
        let lone = try load(threadCount: 1)
        let texts = [1, 33, 2, 64, 17].enumerated().map { index, count in
            EncoderText.sample(count, seed: UInt32(index), lone.spec)
        }
        for outputs in kinds(lone) {
            let alone = try texts.map { try Results(lone.step([$0.segment(outputs)])) }
            for threadCount in 1...3 {
                let model = try load(threadCount: threadCount)
                let together = try Results(model.step(texts.map { $0.segment(outputs) }))
                #expect(together == Results(alone))
            }
        }
    }

    private func kinds(_ model: TransformerModel) -> [OutputRows] {
        let pooled = Pooling.allCases.map(OutputRows.pooled)
        switch model.spec.head?.output {
        case nil: return pooled
        case .tokens: return pooled + [.all, .last, .rows([0])]
        case .labels: return pooled + [.classes]
        }
    }

    /// Vectors and classes of one step go to those who asked for them.
    @Test func oneStepGivesResultsOfSeveralKinds() throws {
        let model = try FamilyFixture.load(try FamilyFixture.named("bert-classes").sources()[0])
        let texts = (1...4).map { EncoderText.sample(7 * $0, seed: UInt32($0), model.spec) }
        let kinds: [OutputRows] = [.classes, .pooled(.mean), .classes, .pooled(.last)]
        let segments = zip(texts, kinds).map { $0.segment($1) }
        let alone = try segments.map { try Results(model.step([$0])) }
        #expect(try Results(model.step(segments)) == Results(alone))
    }

    @Test func poolingIsWhatItsNameSays() throws {
        let model = try FamilyFixture.load(try FamilyFixture.named("bert").sources()[0])
        let text = EncoderText.sample(21, seed: 3, model.spec)
        let states = try states(text, model), length = model.embeddingLength
        func column(_ element: Int) -> [Float] { (0..<21).map { states[$0 * length + element] } }
        func pooled(_ pooling: Pooling) throws -> [Float] {
            Array(try model.step([text.segment(.pooled(pooling))]).pooled)
        }
        #expect(try pooled(.first) == Array(states.prefix(length)))
        #expect(try pooled(.last) == Array(states.suffix(length)))
        #expect(try pooled(.max) == (0..<length).map { column($0).max() ?? 0 })
        for (found, element) in zip(try pooled(.mean), 0..<length) {
            #expect(abs(found - column(element).reduce(0, +) / 21) < 1e-5)
        }
    }

    @Test func textsThatTheModelCannotTakeAreRefused() throws {
        let model = try FamilyFixture.load(try FamilyFixture.named("bert").sources()[0])
        let long = EncoderText.sample(model.contextLength + 1, seed: 1, model.spec)
        #expect(throws: StepError.positionOutOfRange(segment: 0)) {
            _ = try model.step([long.segment(.pooled(.mean))])
        }
        var typed = EncoderText.sample(5, seed: 1, model.spec)
        typed.types = [0, 0, 1, 2, 0]
        #expect(throws: StepError.tokenTypesInvalid(segment: 0)) { _ = try model.step([typed.segment(.pooled(.mean))]) }
        typed.types = []
        #expect(throws: StepError.outputNotAvailable(segment: 0)) { _ = try model.step([typed.segment(.classes)]) }
        #expect(throws: StepError.outputNotAvailable(segment: 0)) { _ = try model.step([typed.segment(.last)]) }
        var late = typed.segment(.pooled(.mean))
        late.firstPosition = 1
        #expect(throws: StepError.positionOutOfRange(segment: 0)) { _ = try model.step([late]) }
    }
}

/// What a step gives, kept.
private struct Results: Equatable {
    var logits: [Float] = []
    var pooled: [Float] = []
    var classes: [Float] = []

    init(_ output: StepOutput) {
        (logits, pooled, classes) = (Array(output.logits), Array(output.pooled), Array(output.classes))
    }

    init(_ parts: [Results]) {
        logits = parts.flatMap(\.logits)
        pooled = parts.flatMap(\.pooled)
        classes = parts.flatMap(\.classes)
    }
}
