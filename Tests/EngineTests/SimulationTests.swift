import Testing
import Tokenization

@testable import Engine

/// Random arrivals, cancels, slow readers, forks and tiny caches, thousands of steps for each seed.
@Suite struct SimulationTests {
    /// A request of a random kind. Prompts share beginnings, so that the prefix cache has something to do.
    private func requests(
        _ random: inout RandomStream, longestPrompt: Int, longestReply: Int, tenants: Int
    ) -> [GenerationRequest] {
        let family = Int32.random(in: 0..<3, using: &random)
        let sharedCount = Int.random(in: 0...longestPrompt / 2, using: &random)
        let ownCount = Int.random(in: 1...longestPrompt / 2, using: &random)
        let prompt =
            (0..<sharedCount).map { TokenID(rawValue: (Int32($0) * 7 + family * 31) % 97) }
            + (0..<ownCount).map { _ in TokenID(rawValue: Int32.random(in: 0..<97, using: &random)) }
        var request = GenerationRequest(prompt: prompt)
        request.stop.maximumTokens = Int.random(in: 1...longestReply, using: &random)
        request.tenant = Tenant(id: "tenant \(Int.random(in: 0..<tenants, using: &random))")
        if Int.random(in: 0..<8, using: &random) == 0 { request.lane = .batch }
        if Int.random(in: 0..<8, using: &random) == 0 { request.cacheSalt = "salt" }
        if Int.random(in: 0..<10, using: &random) == 0 {
            request.scoresPrompt = true
            request.logprobs = 1
        }
        request.sampling.temperature = Int.random(in: 0..<10, using: &random) == 0 ? 1 : 0
        let count = Int.random(in: 0..<5, using: &random) == 0 ? Int.random(in: 2...4, using: &random) : 1
        return (0..<count).map { choice in
            var copy = request
            copy.sampling.seed = UInt64(choice) + 1
            copy.stop.maximumTokens = Int.random(in: 1...longestReply, using: &random)
            return copy
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func randomLoadKeepsTheInvariants(seed: UInt64) {
        // 18 blocks of 4 hold one context of 64 and little more: preemption is the rule.
        let isTiny = seed.isMultiple(of: 2)
        let simulation = Simulation(seed: seed, contextLength: 64, blockCount: isTiny ? 18 : 60) {
            $0.maximumSequences = 6
            $0.maximumWaitingSequences = 10
            $0.maximumBatchedTokens = 24
            $0.maximumScoredRows = 4
            $0.streamCapacity = 4
            $0.queueTimeout = .seconds(20)
            $0.readerTimeout = .seconds(1)
        }
        for _ in 0..<2500 {
            if Int.random(in: 0..<8, using: &simulation.random) == 0 {
                simulation.submit(requests(&simulation.random, longestPrompt: 40, longestReply: 20, tenants: 3))
            }
            if let victim = simulation.liveIndices.randomElement(using: &simulation.random) {
                switch Int.random(in: 0..<150, using: &simulation.random) {
                case 0: simulation.cancel(victim)
                case 1: simulation.setReading(false, victim)
                case 2...9: for index in simulation.liveIndices { simulation.setReading(true, index) }
                default: break
                }
            }
            simulation.turn()
        }
        for index in simulation.liveIndices { simulation.setReading(true, index) }
        simulation.drain(limit: 2000)
        simulation.checkReplies()
        let ends = simulation.clients.flatMap(\.ends)
        #expect(ends.count { $0 == .length } > 150)
        #expect(simulation.engine.status.snapshot.cacheHitTokens > 0)
        if isTiny { #expect(simulation.engine.status.preemptionCount > 0) }
    }
}
