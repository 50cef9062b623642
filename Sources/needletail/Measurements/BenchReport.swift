import Kernels
import Transformer

/// The machine that a benchmark ran on, and what it can do.
struct BenchMachine {
    var processor: String
    var kernels: String
    var threads: Int
    /// What multiplies 8-bit integers.
    var integerInstructions: String
    var limits: MachineLimits
}

/// Speeds of a model with the shares of the limits that they reach.
struct BenchReport {
    var model: String
    var machine: BenchMachine
    var cost: ModelCost
    /// Seconds of loading: all, and its parts by name.
    var loadSeconds: Double
    var loadParts: [(name: String, seconds: Double)]
    var results: [Measured]

    /// What a case took, and what the machine gave right before and right after.
    struct Measured: Equatable {
        var result: SpeedMeasurement.Result
        var limits: MachineLimits
    }

    /// Prompts and decoding apart.
    struct Line: Equatable {
        var phase: Phase
        var work: SpeedCase
        var rates: [Double]
        var limits: MachineLimits
        var shares: LimitShares
    }

    enum Phase: String {
        case prefill, decode
    }

    var lines: [Line] {
        results.flatMap { measured in
            [line(.prefill, of: measured), line(.decode, of: measured)].compactMap(\.self)
        }
    }

    /// Nil when the case does not measure the phase.
    private func line(_ phase: Phase, of measured: Measured) -> Line? {
        let result = measured.result
        let (rates, seconds, work) =
            switch phase {
            case .prefill: (result.prefillRates, result.prefillSeconds, StepWork.prefill(result.work, cost))
            case .decode: (result.decodeRates, result.decodeSeconds, StepWork.decode(result.work, cost))
            }
        guard !rates.isEmpty else { return nil }
        let shares = work.shares(seconds: seconds.median, measured.limits)
        return Line(phase: phase, work: result.work, rates: rates, limits: measured.limits, shares: shares)
    }
}
