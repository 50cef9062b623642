import Testing

@testable import Engine

@Suite struct StepCostTests {
    private struct Machine {
        var base: Double
        var row: Double
        var token: Double

        func seconds(_ rows: Int, _ tokens: Int) -> Double { base + row * Double(rows) + token * Double(tokens) }
    }

    private func observe(
        _ machine: Machine, steps: Int, by cost: inout StepCost, random: inout RandomStream,
        outlier: (Int) -> Double = { _ in 1 }
    ) {
        for step in 0..<steps {
            let rows = Int.random(in: 0...32, using: &random)
            let tokens = step.isMultiple(of: 3) ? Int.random(in: 1...200, using: &random) : 0
            let noise = Double.random(in: 0.9...1.1, using: &random)
            cost.observe(
                rows: rows, promptTokens: tokens, seconds: machine.seconds(rows, tokens) * noise * outlier(step))
        }
    }

    private func expectClose(_ cost: StepCost, _ machine: Machine, sourceLocation: SourceLocation = #_sourceLocation) {
        for (rows, tokens) in [(1, 0), (8, 0), (32, 0), (0, 100), (8, 64), (32, 200)] {
            let ratio = cost.seconds(rows: rows, promptTokens: tokens) / machine.seconds(rows, tokens)
            #expect((0.85...1.15).contains(ratio), "\(rows) rows, \(tokens) tokens", sourceLocation: sourceLocation)
        }
    }

    private let machines = [
        Machine(base: 2e-3, row: 0.43e-3, token: 0.27e-3), Machine(base: 0.05e-3, row: 0.02e-3, token: 0.01e-3),
        Machine(base: 80e-3, row: 9e-3, token: 7e-3),
    ]

    @Test func convergesOnEveryMachine() {
        var random = RandomStream(seed: 11)
        for machine in machines {
            var cost = StepCost()
            observe(machine, steps: 300, by: &cost, random: &random)
            expectClose(cost, machine)
        }
    }

    @Test func survivesOutliersOnBothSides() {
        var random = RandomStream(seed: 12)
        for machine in machines {
            var cost = StepCost()
            observe(machine, steps: 300, by: &cost, random: &random)
            for factor in [1000, 0.002] {
                observe(machine, steps: 100, by: &cost, random: &random) { $0 == 99 ? factor : 1 }
                let ratio = cost.seconds(rows: 8, promptTokens: 64) / machine.seconds(8, 64)
                #expect((0.6...1.6).contains(ratio), "after a step \(factor) times as long")
            }
        }
    }

    @Test func followsAMachineThatBecomesThirtyTimesSlower() {
        var random = RandomStream(seed: 13)
        var cost = StepCost()
        observe(machines[0], steps: 100, by: &cost, random: &random)
        let slow = Machine(base: 60e-3, row: 12.9e-3, token: 8.1e-3)
        observe(slow, steps: 300, by: &cost, random: &random)
        expectClose(cost, slow)
    }

    @Test func saysNothingOfTimesThatAreNone() {
        var cost = StepCost()
        for seconds in [0, -1, Double.infinity, .nan, 1e300] {
            cost.observe(rows: 1, promptTokens: 1, seconds: seconds)
        }
        #expect(cost.promptTokens(besideRows: 4, within: 1) >= 0)
        #expect(cost.rows(within: 1) >= 0)
    }
}
