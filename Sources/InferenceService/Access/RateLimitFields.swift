import AccessControl
import HTTPTypes
import OpenAIAPI

extension HTTPFields {
    /// The `x-ratelimit` fields that OpenAI's clients read, for the limits that there are.
    init(_ standing: UsageStanding) {
        self.init()
        if let requests = standing.requests { append(requests, to: "requests") }
        if let tokens = standing.tokens { append(tokens, to: "tokens") }
    }

    private mutating func append(_ rate: UsageStanding.Rate, to what: String) {
        for (name, value) in [
            ("limit", String(rate.limit)), ("remaining", String(rate.remaining)), ("reset", rate.reset.compactText),
        ] {
            if let name = HTTPField.Name("x-ratelimit-\(name)-\(what)") { self[name] = value }
        }
    }

    /// The fields of this server that web pages should be able to read.
    static let namesForPages =
        ["x-request-id", "openai-processing-ms", "openai-version", "retry-after", "retry-after-ms", "x-should-retry"]
        + ["requests", "tokens"].flatMap { what in
            ["limit", "remaining", "reset"].map { "x-ratelimit-\($0)-\(what)" }
        }
}

extension Duration {
    /// Hours, minutes, seconds and milliseconds as OpenAI writes them: `12ms`, `1.5s`, `6m0s`, `1h0m3s`. Rounded up.
    var compactText: String {
        let milliseconds = wholeMilliseconds
        guard milliseconds >= 1000 else { return milliseconds == 0 ? "0s" : "\(milliseconds)ms" }
        let (seconds, fraction) = (milliseconds / 1000, milliseconds % 1000)
        var text = String(seconds % 60)
        if fraction > 0 {
            let digits = String(1000 + fraction).dropFirst()
            text += "." + digits[...(digits.lastIndex { $0 != "0" } ?? digits.startIndex)]
        }
        text += "s"
        if seconds >= 60 { text = "\(seconds / 60 % 60)m" + text }
        if seconds >= 3600 { text = "\(seconds / 3600)h" + text }
        return text
    }

    /// Whole milliseconds, rounded up; 0 for negative durations.
    var wholeMilliseconds: Int {
        guard self > .zero else { return 0 }
        let (seconds, attoseconds) = components
        return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

extension APIError {
    /// How a client hears of a limit of its key.
    init(_ limit: LimitReached) {
        let (subject, unit) =
            switch limit.kind {
            case .requests: ("Rate limit reached", "requests per minute")
            case .tokens: ("Rate limit reached", "tokens per minute")
            case .concurrentRequests: ("Too many requests at once", "requests at the same time")
            }
        if limit.isHopeless {
            self = .rateLimitedForGood(
                "Request too large: with its reply it may need \(limit.requested) tokens, more than this key's limit of "
                    + "\(limit.limit) \(unit). Shorten the prompt or lower max_tokens.")
        } else {
            // Nobody knows when a running request ends; a second is soon enough and not too often.
            let wait = limit.wait ?? .seconds(1)
            self = .rateLimited(
                "\(subject): this key's limit is \(limit.limit) \(unit). Please try again in \(wait.compactText).",
                retryAfter: wait)
        }
    }
}
