import Synchronization

/// A value that goes up and down.
public final class Gauge: Metric {
    public static let kind = MetricKind.gauge

    private let current: Atomic<Double>

    public init(_ initial: Double = 0) {
        current = Atomic(initial)
    }

    public func set(_ value: Double) { current.store(value, ordering: .relaxed) }
    public func set(_ value: Int) { set(Double(value)) }

    /// Adds to the value; a negative amount takes away.
    public func add(_ amount: Double) { current.add(amount) }
    public func increment() { add(1) }
    public func decrement() { add(-1) }

    public var value: Double { current.load(ordering: .relaxed) }

    public func write(_ series: Series, to writer: inout ExpositionWriter) {
        writer.write(series, value: value)
    }
}

extension Atomic<Double> {
    /// Adds by compare and exchange; the machine has no atomic addition of floating-point numbers.
    func add(_ amount: Double) {
        var old = load(ordering: .relaxed)
        while true {
            let (exchanged, original) = weakCompareExchange(
                expected: old, desired: old + amount, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }
}
