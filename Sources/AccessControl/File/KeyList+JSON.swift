import JSON
import OrderedCollections

/// The text of a key file. What is not understood is refused: a misspelt limit must not mean no limit.
extension KeyList {
    private static let version = 1

    init(parsing text: [UInt8]) throws(KeyFormatError) {
        let document: JSONValue
        do throws(JSONParseError) {
            document = try JSONValue(parsing: text, limits: JSONLimits(depth: 8, rejectsDuplicateKeys: true))
        } catch {
            throw KeyFormatError("it is not JSON: \(error)")
        }
        let reader = try MemberReader(document, at: "the file", members: ["version", "keys"])
        guard reader["version"]?.integerValue == Self.version else {
            throw KeyFormatError("its 'version' is not \(Self.version), the only one that is known")
        }
        guard let entries = reader["keys"]?.arrayValue else { throw KeyFormatError("'keys' is not an array") }
        var keys: [APIKey] = []
        for (index, entry) in entries.enumerated() { keys.append(try APIKey(entry, at: "keys[\(index)]")) }
        do throws(KeyListError) {
            try self.init(keys)
        } catch {
            throw KeyFormatError("\(error)")
        }
    }

    /// One key a line, for people who compare two versions.
    func serialized() -> [UInt8] {
        var writer = JSONWriter()
        writer.write(raw: "{\n\"version\": \(Self.version),\n\"keys\": [")
        for (index, key) in keys.enumerated() {
            writer.write(raw: index == 0 ? "\n" : ",\n")
            writer.write(key.json)
        }
        writer.write(raw: keys.isEmpty ? "]\n}\n" : "\n]\n}\n")
        return writer.bytes
    }
}

/// What is wrong with the text of a key file.
struct KeyFormatError: Error, Hashable {
    var description: String

    init(_ description: String) { self.description = description }
}

extension APIKey {
    fileprivate var json: JSONValue {
        var members: JSONObject = [
            "id": .string(id), "name": .string(name), "sha256": .string(digest.hexadecimal), "prefix": .string(prefix),
            "scopes": .array(KeyScope.allCases.filter(scopes.contains).map { .string($0.rawValue) }),
            "created": .string(created.description),
        ]
        if let expires { members["expires"] = .string(expires.description) }
        if let revoked { members["revoked"] = .string(revoked.description) }
        if !limits.isEmpty { members["limits"] = limits.json }
        return .object(members)
    }

    fileprivate init(_ value: JSONValue, at place: String) throws(KeyFormatError) {
        let reader = try MemberReader(
            value, at: place,
            members: ["id", "name", "sha256", "prefix", "scopes", "created", "expires", "revoked", "limits"])
        guard let digest = KeyDigest(hexadecimal: try reader.text("sha256")) else {
            throw KeyFormatError("\(place).sha256 is not 64 hexadecimal digits")
        }
        var scopes: Set<KeyScope> = []
        for scope in reader["scopes"]?.arrayValue ?? [] {
            guard let scope = scope.stringValue.flatMap(KeyScope.init) else {
                throw KeyFormatError("\(place).scopes has something other than \(KeyScope.list)")
            }
            scopes.insert(scope)
        }
        guard !scopes.isEmpty else { throw KeyFormatError("\(place).scopes names none of \(KeyScope.list)") }
        guard let created = try reader.time("created") else { throw KeyFormatError("\(place).created is missing") }
        self.init(
            id: try reader.name("id"), name: try reader.name("name"), digest: digest, prefix: try reader.name("prefix"),
            scopes: scopes, created: created, expires: try reader.time("expires"), revoked: try reader.time("revoked"),
            limits: try reader["limits"].map { value throws(KeyFormatError) in
                try KeyLimits(value, at: "\(place).limits")
            } ?? KeyLimits())
    }
}

extension KeyScope {
    /// All scopes, for messages.
    public static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension KeyLimits {
    fileprivate var json: JSONValue {
        var members: JSONObject = [:]
        if let requestsPerMinute { members["requests_per_minute"] = .integer(requestsPerMinute) }
        if let tokensPerMinute { members["tokens_per_minute"] = .integer(tokensPerMinute) }
        if let concurrentRequests { members["concurrent"] = .integer(concurrentRequests) }
        return .object(members)
    }

    fileprivate init(_ value: JSONValue, at place: String) throws(KeyFormatError) {
        let reader = try MemberReader(
            value, at: place, members: ["requests_per_minute", "tokens_per_minute", "concurrent"])
        self.init(
            requestsPerMinute: try reader.limit("requests_per_minute"),
            tokensPerMinute: try reader.limit("tokens_per_minute"), concurrentRequests: try reader.limit("concurrent"))
    }
}

/// Reads the members of one object. Null is the same as none.
private struct MemberReader {
    private let members: JSONObject
    private let place: String

    init(_ value: JSONValue, at place: String, members known: Set<String>) throws(KeyFormatError) {
        guard let members = value.objectValue else { throw KeyFormatError("\(place) is not an object") }
        for name in members.keys where !known.contains(name) {
            throw KeyFormatError("\(place) has a member '\(name.prefix(64))', which means nothing here")
        }
        self.members = members
        self.place = place
    }

    subscript(name: String) -> JSONValue? {
        guard let value = members[name], !value.isNull else { return Optional.none }
        return value
    }

    func text(_ name: String) throws(KeyFormatError) -> String {
        guard let text = self[name]?.stringValue else { throw KeyFormatError("\(place).\(name) is not a string") }
        return text
    }

    func name(_ name: String) throws(KeyFormatError) -> String {
        let text = try text(name)
        guard APIKey.isName(text) else {
            throw KeyFormatError("\(place).\(name) is not 1 to 64 letters, digits and any of . _ - @ :")
        }
        return text
    }

    func time(_ name: String) throws(KeyFormatError) -> Timestamp? {
        guard self[name] != nil else { return nil }
        guard let time = Timestamp(try text(name)) else {
            throw KeyFormatError("\(place).\(name) is no time such as 2027-01-31T12:00:00Z")
        }
        return time
    }

    func limit(_ name: String) throws(KeyFormatError) -> Int? {
        guard let value = self[name] else { return nil }
        guard let limit = value.integerValue, KeyLimits.range.contains(limit) else {
            throw KeyFormatError("\(place).\(name) is not a whole number from 1 to \(KeyLimits.range.upperBound)")
        }
        return limit
    }
}
