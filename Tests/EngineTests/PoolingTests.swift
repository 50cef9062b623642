import Testing
import Tokenization
import Transformer

@testable import Engine

/// Texts that are computed whole: vectors, classes, masks.
@Suite struct PoolingTests {
    private func tokens(_ count: Int, from first: Int = 0) -> [TokenID] {
        (first..<first + count).map { TokenID(rawValue: Int32($0 * 11 % 97)) }
    }

    private func request(
        _ counts: [Int], _ output: PoolingRequest.Output = .vector(.mean), tenant: String = "a",
        lane: Lane = .interactive
    ) -> PoolingRequest {
        var request = PoolingRequest(
            texts: counts.enumerated().map { .init(tokens: tokens($0.element, from: $0.offset)) }, output: output)
        request.tenant = Tenant(id: tenant)
        request.lane = lane
        return request
    }

    /// An engine without a cache, as encoders are.
    private func encoder(_ configure: (inout EngineConfiguration) -> Void = { _ in }) -> Simulation {
        Simulation(seed: 1, contextLength: 512, blockCount: 0, stepTime: .measured, configure)
    }

    // MARK: Load

    @Test(arguments: [(0, 1), (0, 2), (18, 3), (60, 4), (17, 5), (24, 6)] as [(Int, UInt64)])
    func randomLoadKeepsTheInvariants(blockCount: Int, seed: UInt64) {
        var load = RandomLoad()
        load.blockCount = blockCount
        // Without a cache nothing else can be asked for.
        load.arrivalsPerPooling = blockCount == 0 ? 1 : 3
        load.longestStandstill = 600
        load.longestWaitOfOldest = 1000
        let simulation = load.run(seed: 900 + seed, turns: 2500)
        let ends = simulation.textClients.flatMap(\.replies).map(\.summary.finishReason)
        #expect(ends.count { $0 == .stop } > 40)
        #expect(simulation.textClients.contains { $0.isCancelled })
    }

    @Test func massCancelsLeaveNothingBehind() {
        var load = RandomLoad()
        load.blockCount = 0
        load.arrivalsPerPooling = 1
        load.turnsBetweenArrivals = 2
        load.turnsBetweenMassCancels = 30
        let simulation = load.run(seed: 77, turns: 1500)
        #expect(simulation.textClients.count { $0.isCancelled } > 50)
    }

    // MARK: Steps

    /// A step holds as many whole texts as it has room for.
    @Test func stepsAreFilledWithWholeTexts() {
        let simulation = encoder { $0.maximumBatchedTokens = 100 }
        simulation.submit(request(Array(repeating: 30, count: 7)))
        simulation.drain(limit: 10)
        #expect(simulation.steps.map { $0.promptTokens[.interactive] } == [90, 90, 30])
        #expect(simulation.textClients[0].replies.map(\.summary.finishReason) == [.stop])
        simulation.checkTexts()
    }

    @Test func aTextLongerThanAStepGoesAlone() {
        let simulation = encoder { $0.maximumBatchedTokens = 100 }
        simulation.submit(request([20, 300, 20, 80]))
        simulation.drain(limit: 10)
        #expect(simulation.steps.map { $0.promptTokens[.interactive] } == [20, 300, 100])
        simulation.checkTexts()
    }

    /// All texts of a request are one place in the line, so that 2,048 of them are no overload.
    @Test func manyTextsAreOnePlace() {
        let simulation = encoder {
            $0.maximumSequences = 2
            $0.maximumWaitingSequences = 0
        }
        #expect(simulation.submit(request(Array(repeating: 3, count: 2048))))
        #expect(simulation.submit(request([3])))
        #expect(!simulation.submit(request([3])))
        simulation.drain(limit: 100)
        simulation.checkTexts()
    }

    /// Whoever asks for little does not wait for another tenant's thousands.
    @Test func tenantsTakeTurnsByTokens() {
        let simulation = encoder { $0.maximumBatchedTokens = 100 }
        simulation.submit(request(Array(repeating: 50, count: 400), tenant: "many"))
        for _ in 0..<10 { simulation.turn() }
        simulation.submit(request([40, 40], tenant: "few"))
        for _ in 0..<2 { simulation.turn() }
        #expect(simulation.textClients[1].replies.count == 1)
        #expect(simulation.textClients[0].replies.isEmpty)
        simulation.submit(request(Array(repeating: 50, count: 400), tenant: "as many"))
        let before = simulation.served
        for _ in 0..<100 { simulation.turn() }
        let (a, b) = (Tenant(id: "many"), Tenant(id: "as many"))
        let shares = [a, b].map { simulation.served[$0, default: 0] - before[$0, default: 0] }
        #expect(abs(shares[0] - shares[1]) <= 100)
    }

    @Test func batchWorkTakesWhatIsLeft() {
        let simulation = encoder { $0.maximumBatchedTokens = 100 }
        simulation.submit(request(Array(repeating: 50, count: 20), lane: .batch))
        simulation.turn()
        simulation.submit(request(Array(repeating: 50, count: 4), tenant: "b"))
        for _ in 0..<2 { simulation.turn() }
        #expect(simulation.textClients[1].replies.count == 1 && simulation.textClients[0].replies.isEmpty)
        simulation.drain(limit: 30)
        simulation.checkTexts()
    }

    /// A model with a cache computes texts beside completions and gives their blocks back after each step.
    @Test func textsAndCompletionsShareAnEngine() {
        let simulation = Simulation(seed: 1, contextLength: 64, blockCount: 40)
        var completion = GenerationRequest(prompt: tokens(9))
        completion.sampling.temperature = 0
        completion.stop.maximumTokens = 30
        simulation.submit([completion])
        for _ in 0..<5 { simulation.turn() }
        simulation.submit(request([10, 20, 64, 1]))
        simulation.drain(limit: 200)
        simulation.checkReplies()
        #expect(simulation.textClients[0].replies.count == 1)
    }

    // MARK: Requests

    @Test func whatTheModelCannotDoIsRefused() {
        let simulation = encoder()
        simulation.submit([GenerationRequest(prompt: tokens(3))])
        simulation.submit(request([]))
        simulation.submit(request([3, 0]))
        simulation.submit(request([513]))
        simulation.submit(PoolingRequest(texts: [.init(tokens: [TokenID(rawValue: 97)])], output: .classes))
        simulation.submit(
            request([3], .masks(TokenID(rawValue: 0), candidates: 1, targets: [TokenID(rawValue: -1)])))
        #expect(
            simulation.refusals == [
                .notCapable, .emptyPrompt, .emptyPrompt, .contextExceeded(promptTokens: 513, limit: 512),
                .invalidToken(97), .invalidToken(-1),
            ])
    }

    @Test func candidatesMayBeTargetsAlone() {
        let simulation = encoder()
        let targets = [7, 3, 3, 50].map { TokenID(rawValue: $0) }
        let request = request([12], .masks(TokenID(rawValue: 11), candidates: 5, targets: targets))
        simulation.submit(request)
        simulation.drain(limit: 5)
        guard case .masks(let fills)? = simulation.textClients[0].replies.first?.results.first else {
            Issue.record("no masks")
            return
        }
        #expect(fills.count == 1 && fills[0].count == 3)
        #expect(Set(fills[0].map(\.token)) == Set(targets))
        #expect(fills[0].map(\.logprob) == fills[0].map(\.logprob).sorted(by: >))
    }

    @Test func failedStepsAndLostNumbersEndWithAnError() {
        for fails in [true, false] {
            let simulation = encoder { $0.maximumBatchedTokens = 100 }
            if fails { simulation.model.failsAtStep = 2 } else { simulation.model.losesNumbersAtStep = 2 }
            simulation.submit(request([60, 30, 30]))
            simulation.submit(request([30]))
            simulation.drain(limit: 10)
            let reply = simulation.textClients[0].replies
            #expect(reply.count == 1 && reply[0].results.isEmpty)
            guard case .failed? = reply.first?.summary.finishReason else {
                Issue.record("it did not fail")
                continue
            }
            #expect(simulation.engine.status.usedBlocks == 0 && simulation.loop.admission.waitingPromptTokens == 0)
        }
    }

    @Test func deadlinesAndQueueTimes() {
        let simulation = encoder {
            $0.maximumSequences = 1
            $0.maximumBatchedTokens = 10
            $0.queueTimeout = .milliseconds(50)
        }
        var first = request(Array(repeating: 10, count: 1000))
        first.deadline = simulation.clock.now + .milliseconds(500)
        simulation.submit(first)
        simulation.submit(request([5]))
        simulation.drain(limit: 1000)
        #expect(simulation.textClients.flatMap(\.replies).map(\.summary.finishReason) == [.timedOut, .queuedTooLong])
        #expect(simulation.textClients[0].replies[0].summary.startedAt != nil)
    }

    @Test func theReplyComesToWhoeverWaits() async throws {
        let engine = Engine(model: RecallModel(contextLength: 64, blockCount: 0), tokenizer: .digits)
        let request = request([4, 9])
        let reply = await (try engine.submit(request)).reply()
        #expect(reply?.results == request.expectedResults)
        #expect(reply?.summary.promptTokenCount == 13)
        engine.stopAccepting()
        #expect(throws: AdmissionError.stopping) { () throws -> Void in _ = try engine.submit(request) }
    }
}
