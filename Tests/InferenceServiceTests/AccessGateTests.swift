@testable import AccessControl
import Engine
import HTTPTypes
import Logging
import OpenAIAPI
import Telemetry
import TestSupport
import Testing

@testable import HTTPServer
@testable import InferenceService

@Suite struct AccessGateTests {
    private static let health: Set<String> = ["/livez", "/health", "/healthz", "/readyz"]

    private let metrics = ServerMetrics(version: "0", startTime: 0)

    private func routes(hasOpenMetrics: Bool = false) throws -> [Route] {
        var configuration = ServerConfiguration(
            models: [ServedModel(name: "m", path: "/nowhere.gguf")], version: "0")
        configuration.hasOpenMetrics = hasOpenMetrics
        return try InferenceServer(configuration, logger: Logger(label: "test")).router.routes
    }

    private func request(_ route: Route, _ fields: HTTPFields = [:]) -> HTTPServerRequest {
        HTTPServerRequest(
            id: "r",
            head: HTTPRequest(method: route.method, scheme: "http", authority: "a", path: "/", headerFields: fields),
            path: "/", query: nil, route: route, parameters: PathParameters(), body: [], admission: nil,
            remoteAddress: .internet(host: "127.0.0.1", port: 1), receivedAt: .now)
    }

    private func gate(_ scopes: Set<KeyScope>, limits: KeyLimits = KeyLimits()) throws -> (AccessGate, HTTPFields) {
        var list = KeyList()
        let secret = try list.add(
            name: "k", scopes: scopes, limits: limits, at: Timestamp(unixSeconds: 0)
        ).secret
        return (AccessGate(keys: KeyRing(list), metrics: metrics), [.authorization: "Bearer \(secret.text)"])
    }

    private func status(_ gate: AccessGate, _ request: HTTPServerRequest) -> Int {
        do throws(AccessRefusal) {
            _ = try gate.caller(of: request)
            return 200
        } catch {
            return error.response.status.code
        }
    }

    @Test func everyRouteButHealthNeedsAKey() throws {
        let (gate, key) = try gate(Set(KeyScope.allCases))
        for route in try routes() {
            #expect(status(gate, request(route)) == (Self.health.contains(route.pattern) ? 200 : 401))
            #expect(status(gate, request(route, [.authorization: "Bearer x"])) == status(gate, request(route)))
            #expect(status(gate, request(route, key)) == 200)
        }
    }

    @Test func aScopeOpensItsOwnRoutesOnly() throws {
        var opened: [KeyScope: Set<String>] = [:]
        for scope in KeyScope.allCases {
            let (gate, key) = try gate([scope])
            for route in try routes() where status(gate, request(route, key)) == 200 {
                opened[scope, default: []].insert(route.pattern)
            }
        }
        let all = Set(try routes().map(\.pattern))
        #expect(opened[.metrics] == Self.health.union(["/metrics"]))
        #expect(opened[.infer] == all.subtracting(["/metrics"]))
    }

    @Test func aRouteThatSaysNothingIsClosed() throws {
        var router = Router()
        router.addInline(.get, "/forgotten") { _ in HTTPServerResponse() }
        let route = try #require(router.routes.first)
        for (scopes, expected) in [([.infer, .metrics], 403), ([.admin], 200)] as [(Set<KeyScope>, Int)] {
            let (gate, key) = try gate(scopes)
            #expect(status(gate, request(route, key)) == expected)
        }
    }

    @Test func openMetricsNeedNoKey() throws {
        let (gate, _) = try gate([.infer])
        let route = try #require(try routes(hasOpenMetrics: true).first { $0.pattern == "/metrics" })
        #expect(status(gate, request(route)) == 200)
    }

    @Test func tenantsAreKeysOrWhateverClientsPresent() throws {
        let route = try #require(try routes().first { $0.pattern == "/v1/completions" })
        func tenant(_ gate: AccessGate, _ fields: HTTPFields) throws -> String {
            try gate.caller(of: request(route, fields)).tenant.id
        }
        let (closed, key) = try gate([.infer])
        #expect(try tenant(closed, key).hasPrefix("key_"))
        let open = AccessGate(keys: nil, metrics: metrics)
        let a = try tenant(open, [.authorization: "Bearer a"])
        #expect(a != "anonymous" && !a.contains("Bearer"))
        #expect(try tenant(open, [.xAPIKey: "a"]) == a)
        #expect(try tenant(open, [.authorization: "Bearer b"]) != a)
        #expect(try tenant(open, [:]) == "anonymous")
        #expect(try tenant(AccessGate(keys: nil, metrics: metrics), [.xAPIKey: "a"]) != a, "each process has its own")
    }

    @Test(
        arguments: [
            ("Bearer k", nil, "k"), ("bearer k", nil, "k"), ("BEARER   k", nil, "k"), ("Bearer k l", nil, "k l"),
            ("Bearer", nil, nil), ("Bearer ", nil, nil), ("Bearerk", nil, nil), ("Basic k", nil, nil), ("", nil, nil),
            (nil, "x", "x"), ("Bearer k", "x", "k"), ("Basic k", "x", "x"), ("Bearer", "x", "x"), (nil, "", nil),
            (nil, nil, nil), ("Ｂearer k", nil, nil), ("İ", nil, nil),
        ] as [(String?, String?, String?)])
    func theKeyOfARequest(authorization: String?, key: String?, expected: String?) {
        var fields = HTTPFields()
        fields[.authorization] = authorization
        fields[.xAPIKey] = key
        #expect(Credential.secret(in: fields) == expected)
    }

    @Test func aLimitIsAnsweredWithTheStandingOfTheKey() throws {
        let (gate, key) = try gate([.infer], limits: KeyLimits(requestsPerMinute: 2, concurrentRequests: 1))
        let route = try #require(try routes().first { $0.pattern == "/v1/models" })
        let caller = try gate.caller(of: request(route, key))
        let refusal = #expect(throws: AccessRefusal.self) { try gate.caller(of: request(route, key)) }
        let response = try #require(refusal).response
        #expect(response.status.code == 429 && response.headers[.retryAfter] == "1")
        #expect(response.headers[try #require(HTTPField.Name("x-ratelimit-remaining-requests"))] == "1")
        caller.allowance?.end(usedTokens: 0)
        #expect(status(gate, request(route, key)) == 200)
        let text = String(decoding: metrics.render(), as: UTF8.self)
        #expect(text.contains("needletail_rate_limited_total{limit=\"concurrent\"} 1\n"))
    }

    @Test func pollsTakeNothingOfTheLimits() throws {
        let (gate, key) = try gate([.metrics], limits: KeyLimits(requestsPerMinute: 1))
        let route = try #require(try routes().first { $0.pattern == "/metrics" })
        for _ in 0..<5 { #expect(status(gate, request(route, key)) == 200) }
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.nanoseconds(1), "1ms"), (.milliseconds(12), "12ms"), (.seconds(1), "1s"),
        (.milliseconds(1500), "1.5s"), (.milliseconds(90_951), "1m30.951s"), (.seconds(360), "6m0s"),
        (.milliseconds(1001), "1.001s"), (.seconds(3603), "1h0m3s"), (.seconds(-5), "0s"),
        (.microseconds(999_001), "1s"),
    ])
    func durationsAsOpenAIWritesThem(duration: Duration, text: String) {
        #expect(duration.compactText == text)
    }

    @Test func errorsOfLimitsSayWhenToComeBack() {
        let soon = APIError(LimitReached(kind: .requests, limit: 6, requested: 1, wait: .milliseconds(1200)))
        #expect(soon.retryAfter == .milliseconds(1200) && soon.shouldRetry == nil)
        let never = APIError(LimitReached(kind: .tokens, limit: 6, requested: 7, wait: nil))
        #expect(never.retryAfter == nil && never.shouldRetry == false && never.status == 429)
    }
}

/// What a request's end means for its key's tokens.
@Suite struct AllowanceTests {
    private func remaining(after body: (RequestAccount) throws -> Void) throws -> Int? {
        // Time stands still, so that nothing comes back meanwhile.
        let now = ContinuousClock.now
        let usage = KeyUsage(KeyLimits(tokensPerMinute: 1000), at: now)
        let allowance = try Allowance(usage, metrics: ServerMetrics(version: "0", startTime: 0)) { now }
        let account = RequestAccount(
            id: "r", endpoint: "e", receivedAt: now, receivedUnixMilliseconds: 1,
            caller: Caller(principal: nil, tenant: .anonymous, allowance: allowance)
        ) { _ in }
        account.handlerBegan()
        try account.reserve(promptTokens: 100, replies: 2, maxTokens: nil)
        #expect(usage.standing(at: now).tokens?.remaining == 1000 - 100 - 2 * Allowance.assumedReplyTokens)
        try body(account)
        account.handlerEnded()
        account.exchangeEnded(
            RequestSummary(
                id: "r", method: .post, path: "/", route: nil, admission: nil,
                remoteAddress: .internet(host: "127.0.0.1", port: 1), status: .ok, requestBodyBytes: 0,
                responseBodyBytes: 0, duration: .zero, outcome: .completed, handlerError: nil))
        return usage.standing(at: now).tokens?.remaining
    }

    @Test func aReplyCostsItsTokens() throws {
        let left = try remaining { account in
            account.generated(30, choice: 0)
            account.generated(40, choice: 1)
        }
        #expect(left == 930)
    }

    @Test func whatFailedBeforeItsFirstStepCostsNothing() throws {
        #expect(try remaining { $0.fail(.overloaded(retryAfter: .seconds(1))) } == 1000)
    }

    @Test func moreThanTheLimitAllowsIsAnError() throws {
        _ = try remaining { account in
            let error = #expect(throws: APIError.self) {
                try account.reserve(promptTokens: .max, replies: .max, maxTokens: .max)
            }
            #expect(error?.code == "rate_limit_exceeded")
        }
    }
}
