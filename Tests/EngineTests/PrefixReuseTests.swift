import Testing
import Tokenization

@testable import Engine

/// What the prefix cache and forks save, and that they change no token.
@Suite struct PrefixReuseTests {
    private let prompt = (0..<30 as Range<Int32>).map { ($0 * 11) % 97 }

    private func request(
        _ prompt: [Int32], count: Int = 20, _ configure: (inout GenerationRequest) -> Void = { _ in }
    ) -> GenerationRequest {
        var request = GenerationRequest(prompt: prompt.map { TokenID(rawValue: $0) })
        request.sampling.temperature = 0
        request.stop.maximumTokens = count
        configure(&request)
        return request
    }

    private func makeSimulation(
        blockCount: Int = 200, _ configure: (inout EngineConfiguration) -> Void = { _ in }
    ) -> Simulation {
        Simulation(seed: 1, contextLength: 128, blockCount: blockCount, configure)
    }

    private func run(_ simulation: Simulation, _ request: GenerationRequest) -> Simulation.Client {
        simulation.submit([request])
        simulation.drain(limit: 500)
        return simulation.clients[simulation.clients.count - 1]
    }

    @Test func theNextTurnOfAChatFindsTheReplyToo() {
        let simulation = makeSimulation()
        _ = run(simulation, request(prompt))
        let reply = RecallModel.greedy(prompt, count: 20)
        let next = run(simulation, request(prompt + reply + [1, 2, 3]))
        // 30 + 19 tokens were computed: the last one of a reply never is. Twelve blocks of four are full.
        #expect(next.summary?.cachedTokenCount == 48)
        simulation.checkReplies()
    }

    /// Keys of a text that is longer than the limit, or becomes so, are others from the first position on.
    @Test func textsOfOtherKeysFindNothingOfEachOther() {
        let simulation = Simulation(seed: 1, contextLength: 128, blockCount: 200, longTextLimit: 32)
        func found(_ prompt: [Int32], count: Int) -> Int? {
            run(simulation, request(prompt, count: count)).summary?.cachedTokenCount
        }
        #expect(found(Array(prompt.prefix(20)), count: 12) == 0)
        // At 32 tokens the reply is complete before anything is computed again.
        #expect(simulation.engine.status.preemptionCount == 0)
        #expect(found(prompt, count: 2) == 20)
        #expect(found(prompt, count: 20) == 28)
        // Nobody took its place from it.
        #expect(simulation.engine.status.preemptionCount == 0)
        #expect(found(prompt + [1, 2, 3], count: 5) == 28)
        #expect(found(prompt + [1, 2, 4], count: 5) == 32)
        simulation.checkReplies()
    }

    @Test func otherTenantsAndOtherSaltsFindNothing() {
        let simulation = makeSimulation()
        _ = run(simulation, request(prompt))
        #expect(run(simulation, request(prompt)).summary?.cachedTokenCount == 28)
        #expect(run(simulation, request(prompt) { $0.tenant = Tenant(id: "b") }).summary?.cachedTokenCount == 0)
        #expect(run(simulation, request(prompt) { $0.cacheSalt = "s" }).summary?.cachedTokenCount == 0)
        simulation.checkReplies()
    }

    @Test func aTenantWhoIsForgottenLeavesNothing() {
        let simulation = makeSimulation()
        let owner = Tenant(id: "a")
        for tenant in [owner, Tenant(id: "b")] { _ = run(simulation, request(prompt) { $0.tenant = tenant }) }
        let kept = simulation.loop.scheduler.pool.cachedCount
        simulation.engine.forget(owner)
        simulation.turn()
        #expect(simulation.loop.scheduler.pool.cachedCount == kept / 2)
        #expect(run(simulation, request(prompt) { $0.tenant = Tenant(id: "b") }).summary?.cachedTokenCount == 28)
        #expect(run(simulation, request(prompt) { $0.tenant = owner }).summary?.cachedTokenCount == 0)
    }

    /// A revoked key's running requests go on to their end; what they leave behind goes with the last of them.
    @Test func aTenantWithWorkUnderWayIsForgottenAfterwards() {
        let simulation = makeSimulation()
        let owner = Tenant(id: "a")
        simulation.submit([request(prompt) { $0.tenant = owner }])
        simulation.submit([request(prompt, count: 40) { $0.tenant = owner }])
        for _ in 0..<3 { simulation.turn() }
        simulation.engine.forget(owner)
        simulation.drain(limit: 500)
        #expect(simulation.clients.map(\.ends) == [[.length], [.length]])
        #expect(simulation.loop.scheduler.pool.cachedCount == 0)
        simulation.checkReplies()
    }

    @Test(arguments: [0, 1] as [Float])
    func coldAndCachedAreTheSame(temperature: Float) {
        let simulation = makeSimulation()
        let sampled = request(prompt) {
            $0.sampling.temperature = temperature
            $0.sampling.seed = 7
        }
        let cold = run(simulation, sampled)
        let cached = run(simulation, sampled)
        #expect(cold.summary?.cachedTokenCount == 0 && cached.summary?.cachedTokenCount == 28)
        #expect(cold.text == cached.text)
    }

    @Test(arguments: [2, 16])
    func forksEqualTheSameRequestsAlone(places: Int) {
        let forks = (0..<8).map { choice in
            request(prompt) {
                $0.sampling.temperature = 1
                $0.sampling.seed = UInt64(choice)
            }
        }
        let simulation = makeSimulation { $0.maximumSequences = places }
        simulation.submit(forks)
        simulation.drain(limit: 500)
        for (index, fork) in forks.enumerated() {
            #expect(simulation.clients[index].text == run(makeSimulation(), fork).text)
        }
        #expect(Set(simulation.clients.map(\.text)).count == 8)
        let promptTokens = simulation.steps.reduce(0) { $0 + $1.promptTokens[.interactive, default: 0] }
        // With a place for each the prompt is computed once; without, its last two tokens once more for each that waited.
        #expect(promptTokens == (places == 16 ? 30 : 30 + 6 * 2))
        simulation.checkReplies()
    }

    @Test func deadlinesEndEachPhase() {
        let simulation = makeSimulation {
            $0.maximumSequences = 1
            $0.maximumBatchedTokens = 4
        }
        func deadline(_ milliseconds: Int) -> ContinuousClock.Instant {
            simulation.clock.now + .milliseconds(milliseconds)
        }
        // 30 prompt tokens take eight steps of about 3 ms.
        let reading = request(prompt) { $0.deadline = deadline(8) }
        let queued = request([1]) { $0.deadline = deadline(5) }
        simulation.submit([reading])
        simulation.submit([queued])
        simulation.drain(limit: 100)
        #expect(simulation.clients.allSatisfy { $0.ends == [.timedOut] })
        #expect(simulation.clients.map { $0.summary?.startedAt != nil } == [true, false])
        #expect(simulation.clients[0].summary?.completionTokenCount == 0)
        let decoding = run(simulation, request([5], count: 100) { $0.deadline = deadline(30) })
        #expect(decoding.ends == [.timedOut] && !decoding.text.isEmpty)
        #expect(simulation.engine.status.usedBlocks == 0)
    }

    @Test func whoWaitsTooLongIsToldSo() {
        let simulation = makeSimulation {
            $0.maximumSequences = 1
            $0.queueTimeout = .milliseconds(50)
        }
        simulation.submit([request([1], count: 100)])
        simulation.submit([request([2], count: 5)])
        simulation.drain(limit: 200)
        #expect(simulation.clients[0].ends == [.length])
        #expect(simulation.clients[1].ends == [.queuedTooLong])
        #expect(simulation.clients[1].summary?.startedAt == nil)
    }
}
