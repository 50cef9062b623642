/// Counts down what a rendering may still cost.
struct Budget {
    private var stepsLeft: Int
    private let deadline: ContinuousClock.Instant
    /// The clock is read when the steps left fall to this.
    private var nextClockCheck: Int

    /// Reading the clock takes tens of nanoseconds, a step about as long.
    private static let stepsBetweenClockChecks = 512

    init(limits: TemplateLimits) {
        stepsLeft = limits.steps
        nextClockCheck = limits.steps - Self.stepsBetweenClockChecks
        deadline = ContinuousClock.now + limits.duration
    }

    /// Takes steps off the budget; says what has run out, if anything has.
    mutating func charge(_ steps: Int) -> TemplateError.Budget? {
        guard steps <= stepsLeft else { return .steps }
        stepsLeft -= steps
        guard stepsLeft < nextClockCheck else { return nil }
        nextClockCheck = stepsLeft - Self.stepsBetweenClockChecks
        return ContinuousClock.now > deadline ? .time : nil
    }

    static func message(_ budget: TemplateError.Budget) -> String {
        budget == .time ? "rendering takes too long" : "rendering takes too many steps"
    }
}
