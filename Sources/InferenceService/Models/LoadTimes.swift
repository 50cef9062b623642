/// How long the parts of loading a model took.
public struct LoadTimes: Sendable {
    /// Mapping the file, checking its header, and reading the vocabulary when there is a tokeniser.
    public var map: Duration
    /// Binding the weights and packing them for the kernels, on all threads.
    public var repack: Duration = .zero
    /// Making the tokeniser, on a thread of its own beside the packing; nil when there is none.
    public var tokenizer: Duration?
    /// From the start until everything was there: less than the sum of the parts.
    public var total: Duration = .zero

    init(map: Duration) {
        self.map = map
    }
}

extension LoadTimes: CustomStringConvertible {
    /// `map 0.01, repack 0.15, tokenizer 0.04`, in seconds.
    public var description: String {
        var parts = [("map", map), ("repack", repack)]
        if let tokenizer { parts.append(("tokenizer", tokenizer)) }
        return parts.map { "\($0) \($1.hundredths)" }.joined(separator: ", ")
    }
}

extension Duration {
    /// Seconds with two digits after the point: `0.15`.
    var hundredths: String {
        let count = max(0, Int((seconds * 100).rounded()))
        return "\(count / 100).\(count / 10 % 10)\(count % 10)"
    }
}

/// Measures the laps of a load.
struct LoadStopwatch {
    private let start = ContinuousClock.now
    private var lapStart = ContinuousClock.now

    /// The time since the last lap, or since the start.
    mutating func lap() -> Duration {
        defer { lapStart = .now }
        return lapStart.duration(to: .now)
    }

    var total: Duration { start.duration(to: .now) }
}
