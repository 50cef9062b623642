import Synchronization

/// The metrics of a process, each under one or more names.
public final class MetricsRegistry: Sendable {
    private struct Entry: Sendable {
        let name: String
        let write: @Sendable (inout ExpositionWriter) -> Void
    }

    private let entries = Mutex<[Entry]>([])

    public init() {}

    /// Shows a family under a name. A family may be shown under several names, with labels named differently.
    ///
    /// - Parameters:
    ///   - name: `[a-zA-Z_:][a-zA-Z0-9_:]*`, not registered before.
    ///   - labels: as many names as the family's members have values.
    public func register<Member: Metric>(
        _ family: MetricFamily<Member>, as name: String, labels: [String], help: String
    ) {
        precondition(labels.count == family.labelCount, "\(name) needs \(family.labelCount) label names")
        add(name) { writer in
            let members = family.snapshot
            guard !members.isEmpty else { return }
            writer.writeHeader(name: name, help: help, kind: Member.kind)
            for (values, member) in members {
                member.write(Series(name: name, labelNames: labels, labelValues: values), to: &writer)
            }
        }
    }

    /// Shows a single metric under a name.
    public func register<Member: Metric>(
        _ metric: Member, as name: String, labels: KeyValuePairs<String, String> = [:], help: String
    ) {
        let series = Series(name: name, labelNames: labels.map(\.key), labelValues: labels.map(\.value))
        add(name) { writer in
            writer.writeHeader(name: name, help: help, kind: Member.kind)
            metric.write(series, to: &writer)
        }
    }

    /// All metrics as text, in the order of their registration.
    public func render() -> [UInt8] {
        var writer = ExpositionWriter()
        for entry in entries.withLock({ $0 }) { entry.write(&writer) }
        return writer.bytes
    }

    private func add(_ name: String, _ write: @escaping @Sendable (inout ExpositionWriter) -> Void) {
        precondition(Self.isMetricName(name), "\(name) is not the name of a metric")
        entries.withLock { entries in
            precondition(!entries.contains { $0.name == name }, "\(name) is registered twice")
            entries.append(Entry(name: name, write: write))
        }
    }

    private static func isMetricName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"):
                true
            default: false
            }
        }
    }
}
