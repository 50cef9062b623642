import Testing
import Tokenization
import Transformer

@testable import Engine

/// Engines whose models compute on the same threads take turns, a step each.
@Suite struct SharedThreadsTests {
    private func longPrompt(_ simulation: Simulation, _ length: Int) {
        var request = GenerationRequest(prompt: (0..<length).map { TokenID(rawValue: Int32($0 % 90)) })
        request.stop.maximumTokens = 1
        simulation.submit([request])
    }

    /// Others compute for so long before each of this engine's steps.
    private func share(_ simulation: Simulation, wait: Duration) {
        simulation.model.lastTurn = StepTurn(wait: wait, othersWait: true)
        let compute = simulation.model.willStep
        simulation.model.willStep = { segments in
            compute?(segments)
            simulation.clock.advance(by: wait)
        }
    }

    private func largestChunk(after first: Int, _ simulation: Simulation) -> Int {
        simulation.steps.dropFirst(first).compactMap { $0.promptTokens[.interactive] }.max() ?? 0
    }

    @Test func aPromptIsReadInSmallPiecesWhileAnotherModelWaits() {
        let simulation = Simulation(seed: 1, contextLength: 4096, blockCount: 1200, isShallow: true)
        share(simulation, wait: .milliseconds(20))
        longPrompt(simulation, 4000)
        simulation.drain(limit: 1000)
        // 25 ms at 2 ms for a step and 0.33 ms for a token.
        #expect((50...90).contains(largestChunk(after: 10, simulation)))
    }

    @Test func aLargeModelsStepsStayWorthTheirStart() {
        let time = Simulation.StepTime(base: .milliseconds(200), row: .milliseconds(1), token: .milliseconds(1))
        let simulation = Simulation(seed: 1, contextLength: 4096, blockCount: 1200, stepTime: time, isShallow: true)
        share(simulation, wait: .milliseconds(20))
        longPrompt(simulation, 4000)
        simulation.drain(limit: 1000)
        #expect(largestChunk(after: 10, simulation) > 120)
    }

    @Test func whenTheOthersAreGoneStepsAreWhole() {
        let simulation = Simulation(seed: 1, contextLength: 4096, blockCount: 1200, isShallow: true)
        simulation.model.lastTurn = StepTurn(wait: .milliseconds(20), othersWait: true)
        longPrompt(simulation, 200)
        simulation.drain(limit: 1000)
        simulation.model.lastTurn = StepTurn()
        simulation.clock.advance(by: .seconds(1))
        let before = simulation.steps.count
        longPrompt(simulation, 4000)
        simulation.drain(limit: 1000)
        #expect(largestChunk(after: before, simulation) == 512)
    }

    @Test func waitingForATurnIsNoPartOfWhatAStepCosts() {
        let simulation = Simulation(seed: 1, contextLength: 4096, blockCount: 1200, isShallow: true)
        share(simulation, wait: .milliseconds(100))
        longPrompt(simulation, 4000)
        simulation.drain(limit: 1000)
        #expect(simulation.loop.scheduler.cost.seconds(rows: 0, promptTokens: 0) < 0.01)
    }
}
