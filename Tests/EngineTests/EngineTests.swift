import Dispatch
import Testing
import Tokenization
import Transformer

@testable import Engine

@Suite struct EngineTests {
    private func makeEngine(
        blockCount: Int = 200, contextLength: Int = 128, failsAtStep: Int? = nil, losesNumbersAtStep: Int? = nil,
        gate: DispatchSemaphore? = nil, tokenizer: Tokenizer = .digits,
        _ configure: (inout EngineConfiguration) -> Void = { _ in }
    ) -> Engine {
        let model = RecallModel(contextLength: contextLength, blockCount: blockCount)
        model.failsAtStep = failsAtStep
        model.losesNumbersAtStep = losesNumbersAtStep
        model.gate = gate
        var configuration = EngineConfiguration()
        configure(&configuration)
        return Engine(model: model, tokenizer: tokenizer, configuration: configuration)
    }

    private func request(
        _ prompt: [Int32], count: Int, _ configure: (inout GenerationRequest) -> Void = { _ in }
    ) -> GenerationRequest {
        var request = GenerationRequest(prompt: prompt.map { TokenID(rawValue: $0) })
        request.sampling.temperature = 0
        request.stop.maximumTokens = count
        configure(&request)
        return request
    }

    private struct Outcome {
        var text = ""
        var tokens: [ScoredToken] = []
        var prompt: [ScoredToken] = []
        var summary: GenerationSummary?
        var terminalEvents = 0
    }

    private func collect(_ stream: GenerationStream) async -> Outcome {
        var outcome = Outcome()
        for await event in stream {
            switch event {
            case .promptScored(let tokens): outcome.prompt = tokens
            case .text(let text, _, let tokens):
                outcome.text += text
                outcome.tokens += tokens
            case .finished(let summary):
                outcome.summary = summary
                outcome.terminalEvents += 1
            }
        }
        return outcome
    }

    private func text(_ tokens: [Int32]) -> String { tokens.map { "t\($0)." }.joined() }

    private func waitUntilIdle(_ engine: Engine) async {
        while engine.status.runningSequences + engine.status.waitingSequences + engine.status.usedBlocks > 0 {
            await Task.yield()
        }
    }

    @Test func manySequencesAtOnceGetWhatEachGetsAlone() async throws {
        let engine = makeEngine()
        let prompts = (0..<16).map { index in (0...Int32(index)).map { ($0 * 7 + Int32(index)) % 97 } }
        let streams = try prompts.map { try engine.submit(request($0, count: 20)) }
        for (prompt, stream) in zip(prompts, streams) {
            let outcome = await collect(stream)
            #expect(outcome.text == text(RecallModel.greedy(prompt, count: 20)))
            #expect(outcome.summary?.finishReason == .length)
            #expect(outcome.summary?.completionTokenCount == 20)
            #expect(outcome.summary?.promptTokenCount == prompt.count)
            #expect(outcome.terminalEvents == 1)
        }
        #expect(engine.status.usedBlocks == 0)
    }

    @Test func preemptionChangesNothing() async throws {
        // Four sequences of up to 120 positions share 40 blocks of 4.
        let gate = DispatchSemaphore(value: 0)
        let engine = makeEngine(blockCount: 40, gate: gate)
        let prompts = (0..<4).map { index in (0..<Int32(30)).map { ($0 * 3 + Int32(index)) % 97 } }
        let streams = try prompts.map { try engine.submit(request($0, count: 60)) }
        gate.signal()
        for (prompt, stream) in zip(prompts, streams) {
            #expect(await collect(stream).text == text(RecallModel.greedy(prompt, count: 60)))
        }
        #expect(engine.status.preemptionCount > 0)
        #expect(engine.status.usedBlocks == 0)
    }

    @Test func aSeedGivesTheSameTokensAloneAndInABatch() async throws {
        let engine = makeEngine()
        func sampled(_ seed: UInt64) -> GenerationRequest {
            request([1, 2, 3], count: 30) {
                $0.sampling.temperature = 1
                $0.sampling.seed = seed
            }
        }
        let alone = await collect(try engine.submit(sampled(5))).text
        let streams = try (0..<10).map { try engine.submit(sampled(UInt64($0))) }
        var texts: [String] = []
        for stream in streams { texts.append(await collect(stream).text) }
        #expect(texts[5] == alone)
        #expect(Set(texts).count == 10)
    }

    @Test("Prompt and completion are one text: its first space alone is not written")
    func completionsContinueThePromptsText() async throws {
        let engine = makeEngine(tokenizer: .words)
        for prompt in [[96], [96, 3], [3], [5, 8, 13]] as [[Int32]] {
            let outcome = await collect(try engine.submit(request(prompt, count: 6)))
            let all = (prompt + RecallModel.greedy(prompt, count: 6)).map { TokenID(rawValue: $0) }
            let before = Tokenizer.words.decode(all.prefix(prompt.count), skipSpecial: true)
            #expect(before + outcome.text == Tokenizer.words.decode(all, skipSpecial: true))
        }
    }

    @Test func stopStringsAndStopTokensEndTheText() async throws {
        let engine = makeEngine()
        let expected = RecallModel.greedy([9], count: 10)
        let stopped = await collect(
            try engine.submit(request([9], count: 10) { $0.stop.strings = ["\(expected[4]).t\(expected[5])"] }))
        #expect(stopped.text == text(Array(expected[..<4])) + "t")
        #expect(stopped.summary?.finishReason == .stop)
        let byToken = await collect(
            try engine.submit(
                request([9], count: 10) { $0.stop.tokens = [TokenID(rawValue: expected[3])] }))
        #expect(byToken.text == text(Array(expected[..<3])))
        #expect(byToken.summary?.completionTokenCount == 4)
    }

    @Test func anEndTokenReleasesWhatAStopStringHeldBack() async throws {
        let engine = makeEngine()
        let expected = RecallModel.greedy([9], count: 4)
        let outcome = await collect(
            try engine.submit(
                request([9], count: 10) {
                    // Begins with the end of the third token, and is never completed.
                    $0.stop.strings = ["\(expected[2]).?"]
                    $0.stop.tokens = [TokenID(rawValue: expected[3])]
                    $0.logprobs = 0
                }))
        #expect(outcome.text == text(Array(expected[..<3])))
        #expect(outcome.tokens.map(\.token.rawValue) == Array(expected[..<3]))
        #expect(outcome.summary?.finishReason == .stop)
    }

    @Test func stopStringsWaitForTheMinimum() async throws {
        let engine = makeEngine()
        let expected = RecallModel.greedy([9], count: 6)
        let outcome = await collect(
            try engine.submit(
                request([9], count: 6) {
                    $0.stop.strings = [".t"]
                    $0.stop.minimumTokens = 4
                }))
        #expect(outcome.text == text(Array(expected[..<5])).dropLast())
        #expect(outcome.summary?.finishReason == .stop)
        #expect(outcome.summary?.completionTokenCount == 6)
    }

    @Test func aStreamOutlivesTheLastReferenceToItsEngine() async throws {
        let stream = try makeEngine().submit(request([4, 5], count: 50))
        let outcome = await collect(stream)
        #expect(outcome.summary?.finishReason == .length)
        #expect(outcome.summary?.completionTokenCount == 50)
    }

    @Test func aPromptIsScoredInChunks() async throws {
        let engine = makeEngine { $0.maximumScoredRows = 5 }
        let prompt = (0..<Int32(23)).map { ($0 * 5) % 97 }
        let outcome = await collect(
            try engine.submit(
                request(prompt, count: 0) {
                    $0.scoresPrompt = true
                    $0.logprobs = 2
                }))
        #expect(outcome.prompt.map(\.token.rawValue) == prompt)
        #expect(outcome.prompt.first?.logprob == nil)
        for position in 1..<prompt.count {
            let row = RecallModel.row(after: Array(prompt[..<position]), vocabularySize: 97)
            let best = row.firstIndex(of: row.max()!)!
            #expect(outcome.prompt[position].alternatives.first?.token.rawValue == Int32(best))
            let alternatives = outcome.prompt[position].alternatives
            #expect(alternatives.count == 2 && alternatives[0].logprob >= alternatives[1].logprob)
        }
        #expect(outcome.text.isEmpty)
        #expect(outcome.summary?.completionTokenCount == 0)
        #expect(outcome.summary?.finishReason == .length)
    }

    @Test func completionsCarryLogprobs() async throws {
        let engine = makeEngine()
        let outcome = await collect(try engine.submit(request([4, 5], count: 6) { $0.logprobs = 0 }))
        #expect(outcome.tokens.map(\.token.rawValue) == RecallModel.greedy([4, 5], count: 6))
        #expect(outcome.tokens.allSatisfy { ($0.logprob ?? 1) <= 0 })
    }

    @Test func cancelledSequencesFreeTheirBlocks() async throws {
        let engine = makeEngine(blockCount: 400, contextLength: 1200)
        let survivor = try engine.submit(request([8], count: 40))
        var streams: [GenerationStream] = try (0..<40).map { try engine.submit(request([$0], count: 1000)) }
        for (index, stream) in streams.enumerated() where index.isMultiple(of: 2) { stream.cancel() }
        // The others are only let go of.
        streams = []
        #expect(await collect(survivor).text == text(RecallModel.greedy([8], count: 40)))
        await waitUntilIdle(engine)
        #expect(engine.status.usedBlocks == 0)
    }

    @Test func cancellingTheConsumersTaskEndsItsLoop() async throws {
        let gate = DispatchSemaphore(value: 0)
        let engine = makeEngine(blockCount: 400, contextLength: 1200, gate: gate)
        let stream = try engine.submit(request([3], count: 1100))
        let task = Task { await collect(stream) }
        task.cancel()
        gate.signal()
        #expect(await task.value.terminalEvents == 0)
        await waitUntilIdle(engine)
    }

    @Test func aReaderThatNeverReadsLosesItsStreamOnly() async throws {
        let engine = makeEngine(blockCount: 400, contextLength: 1200) {
            $0.streamCapacity = 8
            $0.readerTimeout = .milliseconds(1)
        }
        let unread = try engine.submit(request([3], count: 1000))
        let other = await collect(try engine.submit(request([8], count: 8)))
        #expect(other.summary?.finishReason == .length)
        await waitUntilIdle(engine)
        #expect(await collect(unread).summary?.finishReason == .slowReader)
    }

    @Test func aFailedStepFailsItsSequencesAndTheLoopLivesOn() async throws {
        let engine = makeEngine(failsAtStep: 2)
        let failed = await collect(try engine.submit(request([1], count: 10)))
        #expect(failed.summary?.finishReason == .failed("Failure()"))
        let next = await collect(try engine.submit(request([1], count: 10)))
        #expect(next.text == text(RecallModel.greedy([1], count: 10)))
        #expect(engine.status.usedBlocks == 0)
    }

    @Test func logitsThatAreNoNumbersFailTheSequence() async throws {
        for temperature in [0, 1] as [Float] {
            let engine = makeEngine(losesNumbersAtStep: 3)
            let outcome = await collect(
                try engine.submit(request([1], count: 10) { $0.sampling.temperature = temperature }))
            #expect(outcome.summary?.finishReason == .failed("the model's logits are not numbers"))
            #expect(outcome.summary?.completionTokenCount == 2)
            #expect(engine.status.usedBlocks == 0)
        }
    }

    @Test func admission() async throws {
        let gate = DispatchSemaphore(value: 0)
        let engine = makeEngine(gate: gate) {
            $0.maximumSequences = 1
            $0.maximumWaitingSequences = 0
        }
        let only = try engine.submit(request([1], count: 1))
        #expect(throws: AdmissionError.emptyPrompt) { try engine.submit(request([], count: 1)) }
        #expect(throws: AdmissionError.invalidToken(97)) { try engine.submit(request([1, 97], count: 1)) }
        #expect(throws: AdmissionError.invalidToken(-1)) { try engine.submit(request([-1], count: 1)) }
        #expect(throws: AdmissionError.invalidToken(97)) {
            try engine.submit(request([1], count: 1) { $0.stop.tokens = [TokenID(rawValue: 97)] })
        }
        #expect(throws: AdmissionError.invalidToken(-3)) {
            try engine.submit(request([1], count: 1) { $0.sampling.logitBias = [TokenID(rawValue: -3): 1] })
        }
        #expect(throws: AdmissionError.contextExceeded(promptTokens: 128, limit: 128)) {
            try engine.submit(request(Array(repeating: 1, count: 128), count: 1))
        }
        #expect(throws: AdmissionError.overloaded(retryAfter: .seconds(1))) {
            try engine.submit(request([1], count: 1))
        }
        gate.signal()
        #expect(await collect(only).summary?.finishReason == .length)
        #expect(engine.status.runningSequences + engine.status.waitingSequences == 0)
        engine.stopAccepting()
        #expect(throws: AdmissionError.stopping) { try engine.submit(request([1], count: 1)) }
    }

    @Test func aDeadlineEndsASequence() async throws {
        let engine = makeEngine(blockCount: 4000, contextLength: 12_000)
        let outcome = await collect(
            try engine.submit(request([1], count: 11_000) { $0.deadline = .now }))
        #expect(outcome.summary?.finishReason == .timedOut)
        #expect(engine.status.usedBlocks == 0)
    }

    @Test func theContextEndsACompletion() async throws {
        let engine = makeEngine(contextLength: 32)
        let outcome = await collect(
            try engine.submit(request(Array(repeating: 1, count: 30), count: 1) { $0.stop.maximumTokens = nil }))
        #expect(outcome.summary?.completionTokenCount == 2)
        #expect(outcome.summary?.finishReason == .length)
    }
}
