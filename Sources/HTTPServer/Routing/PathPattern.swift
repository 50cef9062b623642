/// A path pattern, segment by segment.
struct PathPattern: Hashable, Sendable {
    enum Segment: Hashable, Sendable {
        case literal(String)
        /// `{name}`: one segment, not empty.
        case parameter(String)
        /// `{name...}`: all that is left, at least one character; only at the end.
        case remainder(String)
    }

    let segments: [Segment]

    /// - Precondition: `text` starts with a slash, and a remainder stands last: patterns are the program's own.
    init(_ text: String) {
        precondition(text.hasPrefix("/"), "a path pattern starts with a slash: \(text)")
        segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(String(part)) }
            let name = part.dropFirst().dropLast()
            return name.hasSuffix("...") ? .remainder(String(name.dropLast(3))) : .parameter(String(name))
        }
        precondition(
            segments.dropLast().allSatisfy { if case .remainder = $0 { false } else { true } },
            "a remainder stands last: \(text)")
    }

    var isLiteral: Bool {
        segments.allSatisfy { if case .literal = $0 { true } else { false } }
    }

    /// Whether two patterns differ in nothing but their parameters' names.
    func hasSameShape(as other: PathPattern) -> Bool {
        segments.count == other.segments.count
            && zip(segments, other.segments).allSatisfy { left, right in
                switch (left, right) {
                case (.literal(let left), .literal(let right)): left == right
                case (.parameter, .parameter), (.remainder, .remainder): true
                default: false
                }
            }
    }

    /// The parameters' values if the path matches. A value that does not decode to UTF-8 matches nothing.
    func match(_ path: [Substring]) -> PathParameters? {
        var parameters = PathParameters()
        for (index, segment) in segments.enumerated() {
            guard index < path.count else { return nil }
            switch segment {
            case .literal(let text):
                guard path[index] == text else { return nil }
            case .parameter(let name):
                guard !path[index].isEmpty, let value = Self.percentDecoded(path[index]) else { return nil }
                parameters.append(value, for: name)
            case .remainder(let name):
                let rest = path[index...].joined(separator: "/")
                guard !path[index].isEmpty, let value = Self.percentDecoded(rest[...]) else { return nil }
                parameters.append(value, for: name)
                return parameters
            }
        }
        return path.count == segments.count ? parameters : nil
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var decoded: [UInt8] = []
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let high = bytes.next()?.hexDigitValue, let low = bytes.next()?.hexDigitValue else { return nil }
            decoded.append(high << 4 | low)
        }
        return String(validating: decoded, as: UTF8.self)
    }
}
