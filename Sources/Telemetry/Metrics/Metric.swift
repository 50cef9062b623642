/// Something that is counted or measured by any thread at any time, and read by the scraper.
///
/// Metrics are lock-free: a reader may see two of them a moment apart, never one of them half written.
public protocol Metric: AnyObject, Sendable {
    /// The type's name in the exposition format.
    static var kind: MetricKind { get }

    /// Writes the metric's present values under a name and labels.
    func write(_ series: Series, to writer: inout ExpositionWriter)
}

/// The types of the exposition format that are used here.
public enum MetricKind: String, Sendable {
    case counter
    case gauge
    case histogram
}
