import AccessControl
import Foundation
import HTTPServer
import HTTPTypes
import JSON
import Logging
import OpenAIAPI
import OrderedCollections
import Testing
import Yams

@testable import InferenceService

/// Holds openapi.yaml against the routes and the field tables that run.
@Suite struct DocumentTests {
    private static let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "openapi.yaml")

    private func document() throws -> [String: Any] {
        let text = try String(contentsOf: Self.url, encoding: .utf8)
        return try #require(try Yams.load(yaml: text) as? [String: Any])
    }

    private func server() throws -> InferenceServer {
        let configuration = ServerConfiguration(
            models: [ServedModel(name: "m", path: "/nowhere.gguf")], version: "0")
        return try InferenceServer(configuration, logger: Logger(label: "test"))
    }

    @Test func routesAndDocumentAgree() throws {
        let paths = try #require(try document()["paths"] as? [String: [String: Any]])
        var documented: Set<String> = []
        for (path, operations) in paths {
            for method in operations.keys where ["get", "post", "put", "delete", "patch"].contains(method) {
                documented.insert("\(method.uppercased()) \(path)")
            }
        }
        let served = Set(
            try server().router.routes.map { route in
                "\(route.method.rawValue) \(route.pattern.replacingOccurrences(of: "...}", with: "}"))"
            })
        #expect(documented.subtracting(served).isEmpty, "documented and not served")
        #expect(served.subtracting(documented).isEmpty, "served and not documented")
    }

    /// Where the document asks for a key, and for which scope, the router does.
    @Test func accessIsAsDocumented() throws {
        let paths = try #require(try document()["paths"] as? [String: [String: Any]])
        for route in try server().router.routes {
            let path = route.pattern.replacing("...}", with: "}")
            let operation = try #require(paths[path]?[route.method.rawValue.lowercased()] as? [String: Any])
            let responses = try #require(operation["responses"] as? [String: Any])
            let needsNone = (operation["security"] as? [Any])?.isEmpty == true
            #expect(needsNone == route.attributes.isPublic, "\(path)")
            #expect(needsNone || operation["x-needletail-scope"] as? String == route.access.scope.rawValue, "\(path)")
            for status in ["401", "403"] { #expect((responses[status] != nil) == !needsNone, "\(path)") }
            #expect((responses["429"] != nil) == !route.access.isPolled, "\(path)")
        }
    }

    /// What the document says of requests is what the tables say, whatever reads the YAML.
    @Test func requestSchemasAreTheTables() throws {
        let components = try #require(try document()["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: Any])
        for (name, schema) in RequestSchema.components {
            let table = try canonical(try JSONSerialization.jsonObject(with: Data(schema.serialized())))
            #expect(try canonical(try #require(schemas[name], "\(name)")) == table, "\(name)")
        }
    }

    @Test func theServerHasTheDocument() throws {
        let file = try Data(contentsOf: Self.url)
        let response = HTTPServerResponse.apiDocument
        #expect(Data(response.body) == file)
        #expect(response.headers[.contentType] == "application/yaml")
    }

    /// Whatever can go wrong in a route is told: its own faults, those of its body, those of its model.
    @Test func everyFailureIsDocumented() throws {
        let paths = try #require(try document()["paths"] as? [String: [String: Any]])
        for route in try server().router.routes where route.method == .post {
            let operation = try #require(paths[route.pattern]?["post"] as? [String: Any])
            let responses = try #require(operation["responses"] as? [String: Any])
            let statuses: Set = [
                "200", "400", "401", "403", "404", "408", "411", "413", "415", "429", "431", "500", "503",
            ]
            #expect(statuses.subtracting(responses.keys).isEmpty, "\(route.pattern)")
            // What only some models can do.
            let isForSome = !["/tokenize", "/detokenize"].contains(route.pattern)
            #expect((responses["501"] != nil) == isForSome, "\(route.pattern)")
        }
    }

    /// Every response has the fields that the server always sends; those that ask for patience say for how long.
    @Test func headersAreDocumented() throws {
        let document = try document()
        let components = try #require(document["components"] as? [String: Any])
        let shared = try #require(components["responses"] as? [String: [String: Any]])
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        var own: [(String, [String: Any])] = []
        for (path, operations) in paths {
            for operation in operations.values.compactMap({ $0 as? [String: Any] }) {
                for (status, response) in try #require(operation["responses"] as? [String: [String: Any]])
                where response["$ref"] == nil { own.append(("\(path) \(status)", response)) }
            }
        }
        for (place, response) in own + shared.map({ ($0.key, $0.value) }) {
            let names = Set((response["headers"] as? [String: Any] ?? [:]).keys)
            #expect(names.isSuperset(of: ["x-request-id", "openai-processing-ms", "openai-version"]), "\(place)")
        }
        for name in ["RateLimited", "Unavailable", "NotReady"] {
            let names = Set((shared[name]?["headers"] as? [String: Any] ?? [:]).keys)
            #expect(names.isSuperset(of: ["Retry-After", "retry-after-ms"]), "\(name)")
        }
    }

    /// JSON text with sorted keys, in which equal values look equal whatever read them.
    private func canonical(_ value: Any) throws -> String {
        let data = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
        return String(decoding: data, as: UTF8.self)
    }
}
