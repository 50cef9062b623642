import Synchronization

/// How measured values are spread over fixed ranges.
public final class Histogram: Metric {
    public static let kind = MetricKind.histogram

    /// Upper bounds of the ranges, ascending; one more range without a bound follows.
    public let bounds: [Double]
    private let counts: [Counter]
    private let total = Atomic<Double>(0)

    /// - Parameter bounds: upper bounds, finite and strictly ascending.
    public init(bounds: [Double]) {
        precondition(bounds.allSatisfy(\.isFinite), "the last range needs no bound")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "bounds must ascend")
        self.bounds = bounds
        counts = (0...bounds.count).map { _ in Counter() }
    }

    /// Counts one value. What is not a number is left out: it would spoil the sum for good.
    public func observe(_ value: Double) {
        observe(value, times: 1)
    }

    /// Counts one value several times over.
    public func observe(_ value: Double, times: Int) {
        guard value.isFinite, times > 0 else { return }
        let range = bounds.firstIndex { value <= $0 } ?? bounds.count
        counts[range].increment(by: times)
        total.add(value * Double(times))
    }

    /// Counts one span of time, in seconds.
    public func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) * 1e-18)
    }

    public var count: UInt64 { counts.reduce(0) { $0 &+ $1.value } }
    public var sum: Double { total.load(ordering: .relaxed) }

    public func write(_ series: Series, to writer: inout ExpositionWriter) {
        // The number of all values is the sum of the ranges read here, so that `_count` and `+Inf` always agree.
        var cumulative: UInt64 = 0
        for (index, counter) in counts.enumerated() {
            cumulative &+= counter.value
            let bound = index < bounds.count ? bounds[index] : .infinity
            writer.write(series, suffix: "_bucket", upperBound: bound, value: cumulative)
        }
        writer.write(series, suffix: "_sum", value: sum)
        writer.write(series, suffix: "_count", value: cumulative)
    }
}

extension Histogram {
    /// Bounds in seconds for the time to a first token or for a whole request, from 1 ms to 20 min.
    public static let requestSeconds: [Double] = [
        0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640, 1280,
    ]

    /// Bounds in seconds for the time between two tokens of one reply, from 0.5 ms to 5 s.
    public static let tokenSeconds: [Double] = [
        0.0005, 0.001, 0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5,
    ]
}
