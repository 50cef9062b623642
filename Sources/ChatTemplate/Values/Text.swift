/// A Python string: Unicode scalars in UTF-8 that remember which of them came from outside.
///
/// Bytes rather than a Swift `String`, because Python compares and counts code points while `String` compares
/// canonical equivalents and counts grapheme clusters.
struct Text: Sendable {
    /// Always valid UTF-8.
    private(set) var bytes: [UInt8]
    private(set) var provenance: Provenance
    /// Whether this is a `Markup` string, the result of `safe` and `escape`: adding to it escapes the addend.
    var isMarkup = false

    init() {
        bytes = []
        provenance = .trusted
    }

    init(bytes: [UInt8], isTrusted: Bool) {
        self.bytes = bytes
        provenance = isTrusted ? .trusted : .untrusted
    }

    init(_ string: String, isTrusted: Bool = true) {
        self.init(bytes: Array(string.utf8), isTrusted: isTrusted)
    }

    private init(bytes: [UInt8], provenance: Provenance, isMarkup: Bool) {
        self.bytes = bytes
        self.provenance = provenance
        self.isMarkup = isMarkup
    }

    var count: Int { bytes.count }
    var isEmpty: Bool { bytes.isEmpty }
    var string: String { String(decoding: bytes, as: UTF8.self) }
    var isTrusted: Bool { provenance == .trusted }

    /// The stretches of one origin, in order, none empty.
    var runs: [Provenance.Run] {
        switch provenance {
        case .trusted: isEmpty ? [] : [Provenance.Run(end: count, isTrusted: true)]
        case .untrusted: isEmpty ? [] : [Provenance.Run(end: count, isTrusted: false)]
        case .mixed(let runs): runs
        }
    }

    /// The bytes `range`, which must begin and end between scalars, with their origins.
    subscript(range: Range<Int>) -> Text {
        if range == 0..<count { return self }
        return Text(bytes: Array(bytes[range]), provenance: provenance.slice(range), isMarkup: isMarkup)
    }

    /// The same text as a plain string.
    var plain: Text { Text(bytes: bytes, provenance: provenance, isMarkup: false) }

    /// The same text, all of it from outside unless all of it is the template's.
    var blended: Text { Text(bytes: bytes, provenance: isTrusted ? .trusted : .untrusted, isMarkup: isMarkup) }

    mutating func append(_ other: Text) {
        guard !other.isEmpty else { return }
        provenance.append(other.provenance, count: other.count, after: count)
        bytes.append(contentsOf: other.bytes)
    }

    mutating func append(_ more: some Collection<UInt8>, isTrusted: Bool) {
        guard !more.isEmpty else { return }
        provenance.append(isTrusted ? .trusted : .untrusted, count: more.count, after: count)
        bytes.append(contentsOf: more)
    }

    mutating func append(_ more: String, isTrusted: Bool) {
        append(more.utf8, isTrusted: isTrusted)
    }

    mutating func reserveCapacity(_ capacity: Int) { bytes.reserveCapacity(capacity) }
}

/// Which bytes of a text the template wrote.
enum Provenance: Hashable, Sendable {
    case trusted
    case untrusted
    /// At least two runs; neighbours differ.
    case mixed([Run])

    struct Run: Hashable, Sendable {
        /// The run's end; it begins where the one before ends.
        var end: Int
        var isTrusted: Bool
    }

    fileprivate mutating func append(_ other: Provenance, count: Int, after length: Int) {
        if length == 0 {
            self = other
            return
        }
        if self == .trusted, other == .trusted { return }
        if self == .untrusted, other == .untrusted { return }
        var runs = takeRuns(count: length)
        switch other {
        case .trusted: Self.append(Run(end: length + count, isTrusted: true), to: &runs)
        case .untrusted: Self.append(Run(end: length + count, isTrusted: false), to: &runs)
        case .mixed(let more):
            for run in more { Self.append(Run(end: length + run.end, isTrusted: run.isTrusted), to: &runs) }
        }
        self = .mixed(runs)
    }

    /// PERF: moves the array out, so that appending does not copy it.
    private mutating func takeRuns(count: Int) -> [Run] {
        switch self {
        case .trusted: return [Run(end: count, isTrusted: true)]
        case .untrusted: return [Run(end: count, isTrusted: false)]
        case .mixed(let runs):
            self = .trusted
            return runs
        }
    }

    private static func append(_ run: Run, to runs: inout [Run]) {
        if let last = runs.last, last.isTrusted == run.isTrusted {
            runs[runs.count - 1].end = run.end
        } else {
            runs.append(run)
        }
    }

    fileprivate func slice(_ range: Range<Int>) -> Provenance {
        guard case .mixed(let runs) = self, !range.isEmpty else { return range.isEmpty ? .trusted : self }
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].end <= range.lowerBound { low = middle + 1 } else { high = middle }
        }
        var result: [Run] = []
        for run in runs[low...] {
            result.append(Run(end: min(run.end, range.upperBound) - range.lowerBound, isTrusted: run.isTrusted))
            if run.end >= range.upperBound { break }
        }
        return result.count == 1 ? (result[0].isTrusted ? .trusted : .untrusted) : .mixed(result)
    }
}

extension Text: Hashable {
    /// Equal text is equal wherever it came from.
    static func == (left: Text, right: Text) -> Bool { left.bytes == right.bytes }

    func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    /// UTF-8 sorts as its code points do, which is Python's order.
    static func < (left: Text, right: Text) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}

extension Text: ExpressibleByStringLiteral {
    init(stringLiteral value: String) { self.init(value) }
}
