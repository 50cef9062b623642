import Testing
import Tokenization

@testable import Engine

/// Random arrivals, cancels, slow readers, forks and tiny caches, thousands of steps for each seed.
@Suite struct SimulationTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func randomLoadKeepsTheInvariants(seed: UInt64) {
        var load = RandomLoad()
        // 18 blocks of 4 hold one context of 64 and little more: preemption is the rule.
        load.blockCount = seed.isMultiple(of: 2) ? 18 : 60
        let simulation = load.run(seed: seed, turns: 2500)
        let ends = simulation.clients.flatMap(\.ends)
        #expect(ends.count { $0 == .length } > 150)
        #expect(simulation.engine.status.snapshot.cacheHitTokens > 0)
        if load.blockCount == 18 { #expect(simulation.engine.status.preemptionCount > 0) }
    }

    @Test(arguments: 11...13 as ClosedRange<UInt64>)
    func aCacheOfOneContextAndABlock(seed: UInt64) {
        var load = RandomLoad()
        load.blockCount = 17
        load.maximumSequences = 12
        load.turnsBetweenArrivals = 4
        let simulation = load.run(seed: seed, turns: 2500)
        #expect(simulation.engine.status.preemptionCount > 100)
    }

    /// Prompts of up to 40 tokens with replies of up to 20: some are long, some become so.
    @Test(arguments: 31...34 as ClosedRange<UInt64>, [18, 60])
    func textsThatGrowLongAreComputedAgain(seed: UInt64, blockCount: Int) {
        var load = RandomLoad()
        load.blockCount = blockCount
        load.longTextLimit = 25
        let simulation = load.run(seed: seed, turns: 1500)
        #expect(simulation.engine.status.snapshot.cacheHitTokens > 0)
        if blockCount == 18 { #expect(simulation.engine.status.preemptionCount > 0) }
    }

    @Test(arguments: 21...22 as ClosedRange<UInt64>)
    func burstsOfArrivals(seed: UInt64) {
        var load = RandomLoad()
        load.blockCount = 40
        load.turnsBetweenArrivals = 150
        load.burst = 60
        load.maximumWaitingSequences = 50
        let simulation = load.run(seed: seed, turns: 2500)
        #expect(!simulation.refusals.isEmpty)
    }

    @Test(arguments: 31...32 as ClosedRange<UInt64>)
    func massCancels(seed: UInt64) {
        var load = RandomLoad()
        load.blockCount = 30
        load.turnsBetweenArrivals = 2
        load.turnsBetweenMassCancels = 40
        let simulation = load.run(seed: seed, turns: 2500)
        #expect(simulation.clients.count(where: \.isCancelled) > 300)
    }

    @Test(arguments: 41...42 as ClosedRange<UInt64>)
    func fiftyTenants(seed: UInt64) {
        var load = RandomLoad()
        load.tenants = 50
        load.turnsBetweenArrivals = 2
        load.maximumWaitingSequences = 40
        load.run(seed: seed, turns: 2500)
    }

    @Test(arguments: 1...4)
    func stepsOfFewTokens(maximumBatchedTokens: Int) {
        var load = RandomLoad()
        load.maximumBatchedTokens = maximumBatchedTokens
        load.blockCount = 24
        load.turnsBetweenArrivals = 40
        load.longestStandstill = 600
        load.longestWaitOfOldest = 1500
        load.queueTimeout = .seconds(2)
        load.run(seed: 50 + UInt64(maximumBatchedTokens), turns: 2500)
    }

    @Test(arguments: 61...62 as ClosedRange<UInt64>)
    func promptsThatFillTheContext(seed: UInt64) {
        var load = RandomLoad()
        load.longestPrompt = 64
        load.blockCount = seed.isMultiple(of: 2) ? 16 : 33
        load.turnsBetweenArrivals = 12
        let simulation = load.run(seed: seed, turns: 2500)
        #expect(simulation.clients.contains { $0.request.prompt.count == 64 && $0.ends == [.length] })
    }

    @Test(arguments: 71...73 as ClosedRange<UInt64>)
    func manyForks(seed: UInt64) {
        var load = RandomLoad()
        load.forks = 8
        load.blockCount = seed.isMultiple(of: 2) ? 20 : 60
        load.maximumWaitingSequences = 30
        load.turnsBetweenArrivals = 15
        let simulation = load.run(seed: seed, turns: 2500)
        #expect(simulation.engine.status.preemptionCount > 0)
    }

    @Test(arguments: 81...82 as ClosedRange<UInt64>)
    func readersThatNeverComeBack(seed: UInt64) {
        var load = RandomLoad()
        load.stallsAreForEver = true
        load.blockCount = 24
        let simulation = load.run(seed: seed, turns: 2500)
        #expect(simulation.clients.contains { $0.ends == [.slowReader] })
    }
}

/// A kind of random load. Prompts share beginnings, so that the prefix cache has something to do.
struct RandomLoad {
    var blockCount = 60
    var maximumSequences = 6
    var maximumWaitingSequences = 10
    var maximumBatchedTokens = 24
    var queueTimeout = Duration.seconds(20)
    var tenants = 3
    var longestPrompt = 40
    var longestReply = 20
    var forks = 4
    var turnsBetweenArrivals = 8
    var burst = 1
    var turnsBetweenMassCancels = Int.max
    /// Readers who stop reading never start again.
    var stallsAreForEver = false
    /// One arrival of so many is a request for vectors, classes or masks; nil: none is.
    var arrivalsPerPooling: Int?
    /// See `StepModel.longTextLimit`.
    var longTextLimit: Int?
    var longestStandstill = 250
    var longestWaitOfOldest = 400

    static let contextLength = 64

    @discardableResult func run(seed: UInt64, turns: Int) -> Simulation {
        let simulation = Simulation(
            seed: seed, contextLength: Self.contextLength, blockCount: blockCount, longTextLimit: longTextLimit
        ) {
            $0.maximumSequences = maximumSequences
            $0.maximumWaitingSequences = maximumWaitingSequences
            $0.maximumBatchedTokens = maximumBatchedTokens
            $0.maximumScoredRows = 4
            $0.streamCapacity = 4
            $0.queueTimeout = queueTimeout
            $0.readerTimeout = .seconds(1)
        }
        simulation.longestStandstill = longestStandstill
        simulation.longestWaitOfOldest = longestWaitOfOldest
        for turn in 1...turns {
            if Int.random(in: 0..<turnsBetweenArrivals, using: &simulation.random) == 0 {
                for _ in 0..<burst { arrive(simulation) }
            }
            if turn.isMultiple(of: turnsBetweenMassCancels) {
                for index in simulation.liveIndices { simulation.cancel(index) }
                for index in simulation.textClients.indices { simulation.cancelTexts(index) }
            }
            disturb(simulation)
            simulation.turn()
        }
        if !stallsAreForEver { for index in simulation.clients.indices { simulation.setReading(true, index) } }
        simulation.drain(limit: 4000)
        // Those who were given up find out when they look.
        for index in simulation.clients.indices { simulation.setReading(true, index) }
        simulation.turn()
        simulation.checkReplies()
        return simulation
    }

    private func arrive(_ simulation: Simulation) {
        if let arrivalsPerPooling, Int.random(in: 0..<arrivalsPerPooling, using: &simulation.random) == 0 {
            simulation.submit(.random(&simulation.random, tenants: tenants, now: simulation.clock.now))
        } else {
            simulation.submit(requests(&simulation.random, now: simulation.clock.now))
        }
    }

    private func disturb(_ simulation: Simulation) {
        if arrivalsPerPooling != nil, Int.random(in: 0..<100, using: &simulation.random) == 0,
            let index = simulation.textClients.indices.filter({ simulation.textClients[$0].replies.isEmpty })
                .randomElement(using: &simulation.random)
        {
            simulation.cancelTexts(index)
        }
        guard let victim = simulation.liveIndices.randomElement(using: &simulation.random) else { return }
        switch Int.random(in: 0..<150, using: &simulation.random) {
        case 0: simulation.cancel(victim)
        case 1: simulation.setReading(false, victim)
        case 2...9 where !stallsAreForEver:
            for index in simulation.liveIndices { simulation.setReading(true, index) }
        default: break
        }
    }

    private func requests(_ random: inout RandomStream, now: ContinuousClock.Instant) -> [GenerationRequest] {
        let family = Int32.random(in: 0..<3, using: &random)
        let sharedCount = Int.random(in: 0...longestPrompt / 2, using: &random)
        let ownCount =
            Int.random(in: 0..<6, using: &random) == 0
            ? longestPrompt - sharedCount : Int.random(in: 1...longestPrompt / 2, using: &random)
        let prompt =
            (0..<sharedCount).map { TokenID(rawValue: (Int32($0) * 7 + family * 31) % 97) }
            + (0..<ownCount).map { _ in TokenID(rawValue: Int32.random(in: 0..<97, using: &random)) }
        var request = GenerationRequest(prompt: prompt)
        request.tenant = Tenant(id: "tenant \(Int.random(in: 0..<tenants, using: &random))")
        if Int.random(in: 0..<6, using: &random) == 0 { request.lane = .batch }
        if Int.random(in: 0..<8, using: &random) == 0 {
            request.cacheSalt = "salt \(Int.random(in: 0..<2, using: &random))"
        }
        if Int.random(in: 0..<10, using: &random) == 0 {
            request.scoresPrompt = true
            request.logprobs = 1
        }
        if Int.random(in: 0..<40, using: &random) == 0 {
            request.deadline = now + .milliseconds(Int.random(in: 0..<500, using: &random))
        }
        request.sampling.temperature = Int.random(in: 0..<10, using: &random) == 0 ? 1 : 0
        let count = Int.random(in: 0..<5, using: &random) == 0 ? Int.random(in: 2...forks, using: &random) : 1
        let room = Self.contextLength - prompt.count
        return (0..<count).map { choice in
            var copy = request
            copy.sampling.seed = UInt64(choice) + 1
            copy.stop.maximumTokens = min(room, Int.random(in: 1...longestReply, using: &random))
            return copy
        }
    }
}
