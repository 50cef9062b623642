public import AccessControl
public import ArgumentParser
import Glibc
import JSON

struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add, list and revoke the API keys of a server.",
        discussion: """
            The keys are in the file that --api-keys or NEEDLETAIL_API_KEYS names, the same that 'serve' takes; it holds \
            hashes and no keys. A running server reads it again on SIGHUP.
            """,
        subcommands: [AddKey.self, ListKeys.self, RevokeKey.self])
}

extension KeyFileOption {
    func file() throws -> KeyFile {
        guard let path else { throw ValidationError("Missing --api-keys FILE (or NEEDLETAIL_API_KEYS).") }
        return KeyFile(path: path)
    }
}

extension Timestamp {
    fileprivate static var now: Timestamp { Timestamp(unixSeconds: time(nil)) }
}

extension KeyScope: ExpressibleByArgument {}

struct AddKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make a key and print it, this once.",
        discussion: "Standard output gets the key and nothing else. The file is made if there is none.")

    @OptionGroup var keyFile: KeyFileOption

    @Argument(help: "What to call it: letters, digits and any of . _ - @ :")
    var name: String

    @Option(help: "What it opens: infer (models), metrics or admin (everything else); can be repeated. Default: infer.")
    var scope: [KeyScope] = []

    @Option(help: "When it ends: 2027-01-31, 2027-01-31T12:00:00Z, or after 90d, 12h, 30m. Default: never.")
    var expires: String?

    @Option(help: "Requests in a minute. Default: any number.")
    var requestsPerMinute: Int?

    @Option(help: "Tokens of prompts and replies in a minute. Default: any number.")
    var tokensPerMinute: Int?

    @Option(help: "Requests at the same time. Default: any number.")
    var concurrent: Int?

    func validate() throws {
        guard APIKey.isName(name) else { throw ValidationError("\(KeyListError.invalidName(name))") }
        _ = try expiry(at: .now)
        for (option, limit) in [
            ("--requests-per-minute", requestsPerMinute), ("--tokens-per-minute", tokensPerMinute),
            ("--concurrent", concurrent),
        ] {
            if let limit, !KeyLimits.range.contains(limit) {
                throw ValidationError("\(option) must be 1 to \(KeyLimits.range.upperBound).")
            }
        }
    }

    func run() throws {
        let now = Timestamp.now
        let scopes = scope.isEmpty ? [.infer] : Set(scope)
        let expires = try expiry(at: now)
        let limits = KeyLimits(
            requestsPerMinute: requestsPerMinute, tokensPerMinute: tokensPerMinute, concurrentRequests: concurrent)
        let (secret, key) = try keyFile.file().update { list throws(KeyListError) in
            try list.add(name: name, scopes: scopes, expires: expires, limits: limits, at: now)
        }
        Output.writeLine(secret.text)
        Output.writeError("\(key.id) (\(key.name)): keep the key now, it can't be shown again.\n")
    }

    private func expiry(at now: Timestamp) throws -> Timestamp? {
        guard let expires else { return nil }
        guard let time = Timestamp(expires) ?? Self.time(after: expires, from: now), time > now else {
            throw ValidationError("--expires must be a time to come, such as 2027-01-31 or 90d, not '\(expires)'.")
        }
        return time
    }

    /// `90d`, `12h`, `30m`, up to a century.
    private static func time(after text: String, from now: Timestamp) -> Timestamp? {
        let units: [Character: Int] = ["d": 86_400, "h": 3600, "m": 60]
        guard let last = text.last, let unit = units[last], let count = Int(text.dropLast()),
            (1...(36_525 * 86_400 / unit)).contains(count)
        else { return nil }
        return Timestamp(unixSeconds: now.unixSeconds + count * unit)
    }
}

struct ListKeys: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Show what is known of the keys.")

    @OptionGroup var keyFile: KeyFileOption

    @Flag(help: "Print a JSON array.")
    var json = false

    func run() throws {
        let keys = try keyFile.file().load().keys
        let now = Timestamp.now
        if json { return Output.writeLine(JSONValue.array(keys.map { $0.json(at: now) }).text) }
        for key in keys {
            Output.writeLine("\(key.id)  \(key.name)  (\(key.prefix)..., \(key.stateText(at: now)))")
            Output.writeLine("    \(key.details)")
        }
    }
}

struct RevokeKey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take a key back, for good.",
        discussion: "It stays in the list, so that the log can be understood. Send the server SIGHUP to make it known.")

    @OptionGroup var keyFile: KeyFileOption

    @Argument(help: "The key's id, or its name.")
    var idOrName: String

    func run() throws {
        let key = try keyFile.file().update { list throws(KeyListError) in try list.revoke(idOrName, at: .now) }
        Output.writeLine("\(key.id) (\(key.name)) is revoked since \(key.revoked ?? .now)")
    }
}

extension APIKey {
    private var sortedScopes: [String] { KeyScope.allCases.filter(scopes.contains).map(\.rawValue) }

    fileprivate func stateText(at now: Timestamp) -> String {
        switch state(at: now) {
        case .active: "active"
        case .expired: "expired"
        case .revoked: "revoked \(revoked?.description ?? "")"
        }
    }

    fileprivate var details: String {
        [
            sortedScopes.joined(separator: ", "), "made \(created)", expires.map { "ends \($0)" },
            limits.requestsPerMinute.map { "\($0) requests/min" }, limits.tokensPerMinute.map { "\($0) tokens/min" },
            limits.concurrentRequests.map { "\($0) at once" },
        ].compactMap(\.self).joined(separator: "; ")
    }

    fileprivate func json(at now: Timestamp) -> JSONValue {
        func optional(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
        func optional(_ value: Timestamp?) -> JSONValue { value.map { .string($0.description) } ?? .null }
        return [
            "id": .string(id), "name": .string(name), "prefix": .string(prefix),
            "state": .string(state(at: now).rawValue), "scopes": .array(sortedScopes.map { .string($0) }),
            "created": optional(created), "expires": optional(expires), "revoked": optional(revoked),
            "requests_per_minute": optional(limits.requestsPerMinute),
            "tokens_per_minute": optional(limits.tokensPerMinute), "concurrent": optional(limits.concurrentRequests),
        ]
    }
}
