import HTTPTypes
import Testing

@testable import HTTPServer

@Suite struct CrossOriginTests {
    private static let page = "https://app.example"

    private func run(
        _ origins: CrossOriginPolicy.Origins = .listed([page]), _ body: (ServerFixture) async throws -> Void
    ) async throws {
        try await ServerFixture.run(
            configure: {
                $0.crossOrigin = CrossOriginPolicy(origins: origins, exposedFields: ["x-request-id", "x-other"])
            }, body)
    }

    private func preflight(_ origin: String, path: String = "/json", headers: String = "authorization") -> String {
        "OPTIONS \(path) HTTP/1.1\r\nHost: a\r\nOrigin: \(origin)\r\nAccess-Control-Request-Method: POST\r\n"
            + "Access-Control-Request-Headers: \(headers)\r\n\r\n"
    }

    @Test func aListedPageMayAskAndRead() async throws {
        try await run { fixture in
            let client = try await fixture.connect()
            let asked = try await client.exchange(preflight(Self.page))
            #expect(asked.status == 204 && asked["access-control-allow-origin"] == Self.page)
            #expect(asked["access-control-allow-methods"]?.contains("POST") == true)
            #expect(asked["access-control-allow-headers"] == "authorization")
            #expect(asked["vary"] == "Origin" && asked["access-control-max-age"] == "600")
            for path in ["/hello", "/nowhere", "/stream/3", "/teapot", "/accident"] {
                let answer = try await client.exchange(
                    "GET \(path) HTTP/1.1\r\nHost: a\r\nOrigin: \(Self.page)\r\n\r\n")
                #expect(answer["access-control-allow-origin"] == Self.page, "\(path)")
                #expect(answer["access-control-expose-headers"] == "x-request-id, x-other")
                #expect(answer["access-control-allow-credentials"] == nil)
            }
        }
    }

    @Test(arguments: ["https://app.example.evil", "http://app.example", "https://app.example:8443", "null", "*"])
    func otherPagesMayNot(origin: String) async throws {
        try await run { fixture in
            let client = try await fixture.connect()
            let asked = try await client.exchange(preflight(origin))
            #expect(asked.status == 204 && asked["access-control-allow-methods"] == nil)
            #expect(asked["access-control-allow-origin"] == nil && asked["vary"] == "Origin")
        }
    }

    @Test func withoutAPolicyNothingIsSaid() async throws {
        try await ServerFixture.run { fixture in
            let asked = try await fixture.connect().exchange(preflight(Self.page))
            #expect(asked.status == 204 && asked["access-control-allow-origin"] == nil && asked["vary"] == nil)
        }
    }

    @Test func anyPageIsAStar() async throws {
        try await run(.any) { fixture in
            let asked = try await fixture.connect().exchange(preflight("null"))
            #expect(asked["access-control-allow-origin"] == "*" && asked["vary"] == nil)
            #expect(asked["access-control-allow-credentials"] == nil)
        }
    }

    @Test(arguments: ["a b", "(", "a,,b", "", String(repeating: "a", count: 5000)])
    func fieldsThatAreNoNamesAreNotGranted(headers: String) async throws {
        try await run { fixture in
            let asked = try await fixture.connect().exchange(preflight(Self.page, headers: headers))
            #expect(asked.status == 204 && asked["access-control-allow-headers"] == nil)
        }
    }

    @Test func originsAreTakenByTheirForm() {
        for text in ["https://app.example", "http://localhost:3000", "http://[::1]:8080", "tauri://localhost"] {
            #expect(CrossOriginPolicy.isOrigin(text), "\(text)")
        }
        for text in [
            "", "*", "null", "app.example", "https://", "https://app.example/", "https://App.example", "://a",
            "https://a b", "https://u@a", "1a://b", "https://a:99999", "https://a?b",
        ] {
            #expect(!CrossOriginPolicy.isOrigin(text), "\(text)")
        }
    }

    @Test func fieldsOfTheAdmissionAreInEveryResponse() async throws {
        let name = try #require(HTTPField.Name("x-left"))
        let admit: @Sendable (HTTPServerRequest) -> Admission = { _ in .accept(responseFields: { [name: "7"] }) }
        try await ServerFixture.run(configure: { $0.admit = admit }) { fixture in
            for path in ["/inline", "/hello", "/stream/2", "/teapot"] {
                #expect(try await fixture.connect().get(path)["x-left"] == "7", "\(path)")
            }
            let client = try await fixture.connect()
            let large = try await client.exchange(
                "POST /json HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n")
            #expect(large.status == 413 && large["x-left"] == "7")
        }
    }
}
