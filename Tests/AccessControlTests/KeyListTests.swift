import Testing

@testable import AccessControl

@Suite struct KeyListTests {
    private let now = Timestamp(unixSeconds: 1_800_000_000)

    @Test func aListSurvivesItsText() throws {
        var list = KeyList()
        _ = try list.add(name: "plain", at: now)
        _ = try list.add(
            name: "all@example.org", scopes: [.infer, .metrics, .admin], expires: Timestamp("2030-01-01"),
            limits: KeyLimits(requestsPerMinute: 1, tokensPerMinute: 2, concurrentRequests: 1_000_000_000), at: now)
        _ = try list.add(name: "gone", at: now)
        _ = try list.revoke("gone", at: now)
        #expect(try KeyList(parsing: list.serialized()) == list)
        #expect(try KeyList(parsing: KeyList().serialized()) == KeyList())
    }

    @Test func theTextHoldsNoKey() throws {
        var list = KeyList()
        let secret = try list.add(name: "a", at: now).secret
        let text = String(decoding: list.serialized(), as: UTF8.self)
        #expect(text.contains(secret.prefix) && text.contains(KeyDigest(of: secret.text).hexadecimal))
        #expect(!text.contains(secret.text.dropFirst(secret.prefix.count)))
    }

    @Test func oneKeyInUseHasAName() throws {
        var list = KeyList()
        let first = try list.add(name: "a", at: now).key
        #expect(throws: KeyListError.nameInUse("a")) { try list.add(name: "a", at: now) }
        #expect(try list.revoke("a", at: now).id == first.id)
        let second = try list.add(name: "a", at: now).key
        #expect(second.id != first.id)
        #expect(try list.revoke("a", at: now).id == second.id, "the one in use, not the one revoked before")
        #expect(list.keys.allSatisfy { $0.revoked == now })
    }

    @Test func revokingTwiceKeepsTheFirstTime() throws {
        var list = KeyList()
        let id = try list.add(name: "a", at: now).key.id
        _ = try list.revoke(id, at: now)
        #expect(try list.revoke(id, at: Timestamp(unixSeconds: now.unixSeconds + 9)).revoked == now)
        #expect(throws: KeyListError.unknown("b")) { try list.revoke("b", at: now) }
    }

    @Test(arguments: ["", "a b", "a\n", "é", "a/b", String(repeating: "a", count: 65), "\u{1B}[31m"])
    func namesThatLogsMustNotHold(name: String) {
        var list = KeyList()
        #expect(throws: KeyListError.invalidName(name)) { try list.add(name: name, at: now) }
    }

    private static let digest = String(repeating: "ab", count: 32)

    /// An entry with one member in place of the usual one.
    private static func entry(_ change: (String, String)) -> String {
        var members = [
            ("id", "\"key_1\""), ("name", "\"a\""), ("sha256", "\"\(digest)\""), ("prefix", "\"nt-abcde\""),
            ("scopes", "[\"infer\"]"), ("created", "\"2026-01-01T00:00:00Z\""),
        ].filter { $0.0 != change.0 }
        if !change.1.isEmpty { members.append(change) }
        return "{" + members.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
    }

    private static func file(_ entries: String...) -> String {
        "{\"version\": 1, \"keys\": [\(entries.joined(separator: ","))]}"
    }

    @Test(arguments: [
        file(), file(entry(("", ""))), file(entry(("expires", "null"))), file(entry(("limits", "{}"))),
        file(entry(("", "")), entry(("id", "\"key_2\"")).replacing("\"a\"", with: "\"b\"").replacing("ab", with: "cd")),
    ])
    func filesThatAreUnderstood(text: String) throws {
        _ = try KeyList(parsing: Array(text.utf8))
    }

    @Test(arguments: [
        ("", "JSON"), ("[]", "not an object"), ("{}", "version"), ("{\"version\": 2, \"keys\": []}", "version"),
        ("{\"version\": 1}", "keys"), ("{\"version\": 1, \"keys\": [], \"kyes\": []}", "kyes"),
        ("{\"version\": 1, \"keys\": [], \"keys\": []}", "keys"), (file("1"), "keys[0]"),
        (file(entry(("id", ""))), "keys[0].id"), (file(entry(("id", "\"a b\""))), "keys[0].id"),
        (file(entry(("name", "7"))), "keys[0].name"), (file(entry(("sha256", "\"abcd\""))), "keys[0].sha256"),
        (file(entry(("scopes", "[]"))), "keys[0].scopes"), (file(entry(("scopes", "[\"root\"]"))), "keys[0].scopes"),
        (file(entry(("scopes", "\"infer\""))), "keys[0].scopes"), (file(entry(("created", ""))), "keys[0].created"),
        (file(entry(("expires", "\"tomorrow\""))), "keys[0].expires"),
        (file(entry(("expires", "1800000000"))), "keys[0].expires"),
        (file(entry(("expiry", "\"2030-01-01\""))), "expiry"),
        (file(entry(("limits", "{\"request_per_minute\": 5}"))), "request_per_minute"),
        (file(entry(("limits", "{\"requests_per_minute\": 0}"))), "requests_per_minute"),
        (file(entry(("limits", "{\"tokens_per_minute\": 1e300}"))), "tokens_per_minute"),
        (file(entry(("limits", "{\"concurrent\": \"5\"}"))), "concurrent"),
        (file(entry(("", "")), entry(("", ""))), "key_1"),
        (file(entry(("", "")), entry(("id", "\"key_2\""))), "same key"),
        (file(entry(("", "")), entry(("id", "\"key_2\"")).replacing("ab", with: "cd")), "'a'"),
    ])
    func filesThatAreNotUnderstoodNameThePlace(text: String, place: String) {
        let error = #expect(throws: KeyFormatError.self) { try KeyList(parsing: Array(text.utf8)) }
        #expect(error?.description.contains(place) == true, "\(error?.description ?? "")")
    }
}
