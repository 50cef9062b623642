import Synchronization

/// A number of events; it only grows, and starts at zero with the process.
public final class Counter: Metric {
    public static let kind = MetricKind.counter

    private let count = Atomic<UInt64>(0)

    public init() {}

    /// Adds events. A negative number is the caller's mistake, but not worth a server: outside of debug builds it
    /// counts as none.
    public func increment(by amount: Int = 1) {
        assert(amount >= 0, "a counter only grows")
        count.wrappingAdd(UInt64(clamping: amount), ordering: .relaxed)
    }

    /// Brings the count up to what someone else has counted; a lower total changes nothing.
    public func advance(to total: Int) {
        count.max(UInt64(clamping: total), ordering: .relaxed)
    }

    public var value: UInt64 { count.load(ordering: .relaxed) }

    public func write(_ series: Series, to writer: inout ExpositionWriter) {
        writer.write(series, value: value)
    }
}
