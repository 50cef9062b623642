/// Predicts how long a step takes: `base + row * decode rows + token * prompt tokens`, fitted to the steps seen.
///
/// Least squares in relative error with old steps fading away, held near a first guess while little has been seen. It
/// needs to be right within a few tens of per cent only: it sizes the chunks of prompts that run beside decodes.
struct StepCost {
    /// How much each step counts less than the one after it.
    private static let fading = 0.98
    /// How many steps the first guess is worth.
    private static let guessWeight = 0.5
    /// So many steps are believed whatever they say.
    private static let learningCount = 10
    /// After those, a step counts as at most so many times slower or faster than predicted.
    private static let largestSurprise = 3.0
    /// After so many surprises one after the other, what was learned before is wrong.
    private static let patience = 8

    /// Seconds of a step with nothing in it, of a decode row more, of a prompt token more.
    private(set) var base = 2e-3
    private(set) var row = 0.4e-3
    private(set) var token = 0.3e-3
    private var moments = Array(repeating: 0.0, count: 9)
    private var targets = Array(repeating: 0.0, count: 3)
    private(set) var observationCount = 0
    private var surprisesInARow = 0

    /// Seconds of a step.
    func seconds(rows: Int, promptTokens: Int) -> Double {
        base + row * Double(rows) + token * Double(promptTokens)
    }

    /// The prompt tokens that make a step with `rows` decodes take `seconds`.
    func promptTokens(besideRows rows: Int, within seconds: Double) -> Int {
        Int(max(0, seconds - self.seconds(rows: rows, promptTokens: 0)) / token)
    }

    /// The decode rows that make a step take `seconds`.
    func rows(within seconds: Double) -> Int { Int(max(0, seconds - base) / row) }

    mutating func observe(rows: Int, promptTokens: Int, seconds measured: Double) {
        guard measured > 1e-7, measured < 1e6 else { return }
        let surprise = measured / self.seconds(rows: rows, promptTokens: promptTokens)
        let isExpected = (1 / Self.largestSurprise...Self.largestSurprise).contains(surprise)
        surprisesInARow = isExpected ? 0 : surprisesInARow + 1
        if observationCount == 0 || surprisesInARow >= Self.patience { startAgain(times: surprise) }
        observationCount += 1
        // The clock of a virtual machine jumps now and then: one surprising step counts as a large difference, not as all
        // of it.
        let seconds =
            observationCount <= Self.learningCount
            ? measured : measured / surprise * min(max(surprise, 1 / Self.largestSurprise), Self.largestSurprise)
        // Divided by the measured time, so that each step asks for its own size to be met in per cent.
        let features = [1 / seconds, Double(rows) / seconds, Double(promptTokens) / seconds]
        for i in 0..<3 {
            for j in 0..<3 { moments[3 * i + j] = moments[3 * i + j] * Self.fading + features[i] * features[j] }
            targets[i] = targets[i] * Self.fading + features[i]
        }
        fit()
    }

    /// Another machine, it seems: keeps the proportions and forgets the steps.
    private mutating func startAgain(times factor: Double) {
        let factor = min(max(factor, 0.01), 100)
        (base, row, token) = (base * factor, row * factor, token * factor)
        moments = Array(repeating: 0, count: 9)
        targets = Array(repeating: 0, count: 3)
        (observationCount, surprisesInARow) = (0, 0)
    }

    private mutating func fit() {
        // Every coefficient is pulled towards its present value with the weight of a few steps in which it matters.
        let present = [base, row, token]
        var matrix = moments
        var right = targets
        for i in 0..<3 {
            let pull = Self.guessWeight / (present[i] * present[i])
            matrix[3 * i + i] += pull
            right[i] += pull * present[i]
        }
        let solution = Self.solve(matrix, right)
        guard solution.allSatisfy(\.isFinite) else { return }
        base = max(solution[0], present[0] / 10, 1e-7)
        row = max(solution[1], present[1] / 10, 1e-8)
        token = max(solution[2], present[2] / 10, 1e-8)
    }

    /// Solves three equations with a symmetric, positive definite matrix.
    private static func solve(_ matrix: [Double], _ right: [Double]) -> [Double] {
        var (a, b) = (matrix, right)
        for pivot in 0..<3 {
            for below in (pivot + 1)..<3 {
                let factor = a[3 * below + pivot] / a[3 * pivot + pivot]
                for column in pivot..<3 { a[3 * below + column] -= factor * a[3 * pivot + column] }
                b[below] -= factor * b[pivot]
            }
        }
        for row in (0..<3).reversed() {
            for column in (row + 1)..<3 { b[row] -= a[3 * row + column] * b[column] }
            b[row] /= a[3 * row + row]
        }
        return b
    }
}
