import Testing
import Tokenization

@testable import Engine

/// Who waits for whom and how long, in simulated time.
@Suite struct FairnessTests {
    private func request(
        _ promptCount: Int, _ number: Int, count: Int, tenant: String = "a", lane: Lane = .interactive
    ) -> GenerationRequest {
        // No two of these share a block.
        var request = GenerationRequest(
            prompt: (0..<promptCount).map { TokenID(rawValue: Int32(($0 * (3 + number / 97) + number) % 97)) })
        request.sampling.temperature = 0
        request.stop.maximumTokens = count
        request.tenant = Tenant(id: tenant)
        request.lane = lane
        request.cacheSalt = "\(number)"
        return request
    }

    private func simulation(
        contextLength: Int = 512, blockCount: Int = 3200, stepTime: Simulation.StepTime = .measured,
        _ configure: (inout EngineConfiguration) -> Void = { _ in }
    ) -> Simulation {
        Simulation(
            seed: 1, contextLength: contextLength, blockCount: blockCount, stepTime: stepTime, isShallow: true
        ) {
            $0.queueTimeout = .seconds(100_000)
            $0.maximumWaitingSequences = 1000
            configure(&$0)
        }
    }

    @Test(arguments: [(200, 50), (50, 200), (400, 20), (100, 100)], [8, 32])
    func longLinesAreServedEqually(promptCounts: (Int, Int), places: Int) {
        let simulation = simulation { $0.maximumSequences = places }
        var number = 0
        for turn in 0..<2000 {
            for (tenant, promptCount) in [("a", promptCounts.0), ("b", promptCounts.1)] {
                let waiting = simulation.loop.scheduler.waiting.count(of: Tenant(id: tenant))
                guard turn.isMultiple(of: 4), waiting < 8 else { continue }
                for _ in 0..<8 {
                    number += 1
                    simulation.submit([request(promptCount, number, count: 20, tenant: tenant)])
                }
            }
            simulation.turn()
        }
        let (a, b) = (simulation.served[Tenant(id: "a")] ?? 0, simulation.served[Tenant(id: "b")] ?? 0)
        #expect(max(a, b) / min(a, b) <= 1.15, "\(a) and \(b)")
    }

    /// Seconds from submission to the last token of a request of 140 and 64 tokens, beside another tenant's many.
    private func total(stepTime: Simulation.StepTime, places: Int, others: Int, turnsBefore: Int) -> Double {
        let simulation = simulation(stepTime: stepTime) { $0.maximumSequences = places }
        for number in 0..<others { simulation.submit([request(140, number, count: 64, tenant: "many")]) }
        for _ in 0..<turnsBefore { simulation.turn() }
        simulation.submit([request(140, 5000, count: 64, tenant: "one")])
        let index = simulation.clients.count - 1
        let start = simulation.clock.now
        while simulation.clients[index].ends.isEmpty { simulation.turn() }
        return Double((simulation.clock.now - start).nanoseconds) * 1e-9
    }

    @Test(arguments: [false, true], [(4, 0), (16, 0), (64, 0), (4, 40), (16, 40), (64, 40), (64, 150)])
    func aSingleRequestPassesALongLine(isMeasured: Bool, situation: (places: Int, turnsBefore: Int)) {
        let stepTime: Simulation.StepTime = isMeasured ? .measured : .plain
        let alone = total(stepTime: stepTime, places: situation.places, others: 0, turnsBefore: 0)
        let beside = total(
            stepTime: stepTime, places: situation.places, others: 64, turnsBefore: situation.turnsBefore)
        #expect(beside <= 3 * alone, "\(beside) s, \(alone) s alone")
    }

    @Test func aLongPromptStretchesNobodysGaps() {
        let simulation = simulation(contextLength: 8192, blockCount: 5200)
        for number in 0..<8 { simulation.submit([request(30, number, count: 1500)]) }
        for _ in 0..<50 { simulation.turn() }
        simulation.submit([request(6000, 100, count: 4)])
        var turns = 0
        while simulation.clients[8].ends.isEmpty, turns < 5000 {
            simulation.turn()
            turns += 1
        }
        #expect(simulation.clients[8].ends == [.length])
        for index in 0..<8 {
            let gaps = simulation.clients[index].gaps.dropFirst(5).sorted()
            // Of all gaps, most of them while the prompt was read; and of those before it came.
            #expect((gaps.last ?? 0) <= 3 * gaps[gaps.count / 2])
            let undisturbed = simulation.clients[index].gaps[5..<40].sorted()
            #expect((gaps.last ?? 0) <= 3 * undisturbed[17])
        }
    }

    @Test func batchWorkHardlySlowsAnInteractiveStream() {
        func gaps(batchCount: Int) -> [Double] {
            let simulation = simulation()
            for number in 0..<batchCount {
                simulation.submit([request(140, number, count: 100, tenant: "batch", lane: .batch)])
            }
            for _ in 0..<20 { simulation.turn() }
            simulation.submit([request(30, 1000, count: 200)])
            while simulation.clients[batchCount].ends.isEmpty { simulation.turn() }
            return Array(simulation.clients[batchCount].gaps.dropFirst(5))
        }
        let alone = gaps(batchCount: 0).max() ?? 0
        #expect((gaps(batchCount: 64).max() ?? 1) <= 1.6 * alone)
    }

    @Test func batchWorkGivesWayWithinOneStepAndUsesWhatIsLeft() {
        let simulation = simulation()
        for number in 0..<64 {
            simulation.submit([request(140, number, count: 100, tenant: "batch", lane: .batch)])
        }
        var number = 1000
        for turn in 0..<3000 {
            if turn.isMultiple(of: 37) {
                number += 1
                simulation.submit([request(60, number, count: 10)])
                simulation.turn()
                // It came before this turn, and this turn's step is its own.
                #expect(simulation.steps.last?.promptTokens[.interactive, default: 0] ?? 0 > 0)
            } else {
                simulation.turn()
            }
        }
        for step in simulation.steps where step.promptTokens[.interactive, default: 0] > 0 {
            #expect(step.promptTokens[.batch] == nil && step.decodes[.batch] == nil)
        }
        #expect(simulation.steps.contains { $0.decodes[.interactive] != nil && $0.decodes[.batch] != nil })
        simulation.drain(limit: 10_000)
        #expect(simulation.clients[..<64].allSatisfy { $0.ends == [.length] })
    }
}
