/// Writes the Prometheus text exposition format, version 0.0.4.
public struct ExpositionWriter {
    /// The value of the `Content-Type` header for this text.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    public private(set) var bytes: [UInt8] = []

    public init(reservingCapacity capacity: Int = 16384) {
        bytes.reserveCapacity(capacity)
    }

    mutating func writeHeader(name: String, help: String, kind: MetricKind) {
        write("# HELP ")
        write(name)
        write(" ")
        write(help.escaped(quotes: false))
        write("\n# TYPE ")
        write(name)
        write(" ")
        write(kind.rawValue)
        write("\n")
    }

    mutating func write(_ series: Series, suffix: String = "", value: UInt64) {
        writeName(series, suffix: suffix)
        write(String(value))
        write("\n")
    }

    mutating func write(_ series: Series, suffix: String = "", value: Double) {
        writeName(series, suffix: suffix)
        write(Self.text(of: value))
        write("\n")
    }

    mutating func write(_ series: Series, suffix: String, upperBound: Double, value: UInt64) {
        write(series.name)
        write(suffix)
        write("{")
        write(series.labels)
        write(series.labels.isEmpty ? "le=\"" : ",le=\"")
        write(Self.text(of: upperBound))
        write("\"} ")
        write(String(value))
        write("\n")
    }

    private mutating func writeName(_ series: Series, suffix: String) {
        write(series.name)
        write(suffix)
        if !series.labels.isEmpty {
            write("{")
            write(series.labels)
            write("}")
        }
        write(" ")
    }

    private mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.description
    }
}

/// A metric's name with its labels, already written as `a="x",b="y"`.
public struct Series: Sendable {
    let name: String
    let labels: String

    init(name: String, labelNames: [String], labelValues: [String]) {
        self.name = name
        labels = zip(labelNames, labelValues).map { name, value in
            "\(name)=\"\(value.escaped(quotes: true))\""
        }.joined(separator: ",")
    }
}

extension String {
    /// Backslashes and line ends are escaped everywhere, quotation marks in label values only.
    fileprivate func escaped(quotes: Bool) -> String {
        guard utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || (quotes && $0 == 0x22) }) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\"" where quotes: text += "\\\""
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
