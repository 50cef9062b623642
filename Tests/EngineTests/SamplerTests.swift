import Testing
import Tokenization

@testable import Engine

@Suite struct SamplerTests {
    private func draws(_ count: Int, from logits: [Float], _ configure: (inout SamplingParameters) -> Void) -> [Int] {
        var parameters = SamplingParameters()
        parameters.seed = 7
        configure(&parameters)
        var sampler = Sampler(parameters: parameters)
        let scratch = UnsafeMutableBufferPointer<Float>.allocate(capacity: logits.count)
        defer { scratch.deallocate() }
        return (0..<count).map { _ in
            logits.withUnsafeBufferPointer { Int(sampler.sample($0, scratch: scratch).rawValue) }
        }
    }

    private let logits: [Float] = [0.1, 2, -1, 1.5, 0, 1.9, -3, 0.5, 1.2, -0.5, 0.3]

    private var probabilities: [Double] {
        let weights = logits.map { Double($0).exponential }
        return weights.map { $0 / weights.reduce(0, +) }
    }

    @Test func temperatureZeroTakesTheFirstMaximum() {
        #expect(draws(3, from: [1, 5, 5, 2]) { $0.temperature = 0 } == [1, 1, 1])
    }

    @Test func frequenciesFollowTheDistribution() {
        let count = 40_000
        let drawn = draws(count, from: logits) { _ in }
        for (token, probability) in probabilities.enumerated() {
            let share = Double(drawn.count { $0 == token }) / Double(count)
            #expect(abs(share - probability) < 0.01, "token \(token): \(share) for \(probability)")
        }
    }

    @Test func topKKeepsTheMostProbable() {
        #expect(Set(draws(2000, from: logits) { $0.topK = 3 }) == [1, 5, 3])
        #expect(Set(draws(50, from: logits) { $0.topK = 1 }) == [1])
    }

    @Test func topPKeepsTheShortestHead() {
        // The three most probable tokens hold 0.27, 0.24 and 0.16.
        #expect(Set(draws(2000, from: logits) { $0.topP = 0.45 }) == [1, 5])
        #expect(Set(draws(2000, from: logits) { $0.topP = 0.6 }) == [1, 5, 3])
        #expect(Set(draws(50, from: logits) { $0.topP = 0 }) == [1])
    }

    @Test func topPReachesFarIntoAFlatTail() {
        // 5,000 tokens of equal probability below one favourite: the head must be grown until it holds 0.9.
        let flat = [Float](repeating: 0, count: 5000) + [12]
        let drawn = Set(draws(20_000, from: flat) { $0.topP = 0.99 })
        #expect(drawn.contains(5000))
        #expect(drawn.count > 50)
        #expect((drawn.filter { $0 != 5000 }.max() ?? 0) < 4930)
    }

    @Test func minPDropsTheImprobable() {
        // exp(1.2 - 2) = 0.449, exp(0.5 - 2) = 0.223
        #expect(Set(draws(3000, from: logits) { $0.minP = 0.4 }) == [1, 5, 3, 8])
        #expect(
            Set(
                draws(3000, from: logits) {
                    $0.minP = 0.4; $0.topK = 2
                }) == [1, 5])
    }

    @Test func typicalPKeepsTheNearestToTheEntropy() {
        let peaked: [Float] = [10, 0, 0, 0, 0, 0, 0, 0]
        #expect(Set(draws(500, from: peaked) { $0.typicalP = 0.5 }) == [0])
    }

    @Test func aSeedRepeats() {
        let first = draws(100, from: logits) { $0.seed = 42 }
        #expect(first == draws(100, from: logits) { $0.seed = 42 })
        #expect(first != draws(100, from: logits) { $0.seed = 43 })
    }

    @Test func penaltiesAndBias() {
        var parameters = SamplingParameters()
        parameters.presencePenalty = 0.5
        parameters.frequencyPenalty = 0.25
        parameters.repetitionPenalty = 2
        parameters.logitBias = [TokenID(rawValue: 0): -100]
        var processor = LogitsProcessor(
            parameters: parameters, stop: StopConditions(), endTokens: [], prompt: [TokenID(rawValue: 3)])
        processor.record(TokenID(rawValue: 1))
        processor.record(TokenID(rawValue: 1))
        var row: [Float] = [1, 4, -2, -2, 1]
        row.withUnsafeMutableBufferPointer { processor.apply(to: $0) }
        #expect(row == [-99, 4 / 2 - 0.5 - 0.5, -2, -4, 1])
    }

    @Test func endTokensAreBarredUntilTheMinimum() {
        var stop = StopConditions()
        stop.minimumTokens = 1
        var processor = LogitsProcessor(
            parameters: SamplingParameters(), stop: stop, endTokens: [TokenID(rawValue: 0)], prompt: [])
        #expect(!processor.isIdentity)
        var row: [Float] = [9, 1]
        row.withUnsafeMutableBufferPointer { processor.apply(to: $0) }
        #expect(row == [-.infinity, 1])
        processor.record(TokenID(rawValue: 1))
        #expect(processor.isIdentity)
    }

    @Test func logprobsSumToOne() {
        logits.withUnsafeBufferPointer { row in
            let scored = LogprobRow(row).scored(TokenID(rawValue: 3), alternatives: 11)
            let total = scored.alternatives.reduce(0) { $0 + Double($1.logprob).exponential }
            #expect(abs(total - 1) < 1e-5)
            #expect(scored.alternatives.map { Int($0.token.rawValue) } == [1, 5, 3, 8, 7, 10, 0, 4, 9, 2, 6])
            #expect(abs(Double(scored.logprob ?? 0).exponential - probabilities[3]) < 1e-6)
        }
    }
}

extension Double {
    /// e to this power, by its series; enough for small test values.
    fileprivate var exponential: Double {
        var (sum, term) = (1.0, 1.0)
        for n in 1..<200 {
            term *= self / Double(n)
            sum += term
        }
        return sum
    }
}
