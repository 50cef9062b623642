import AccessControl
import Foundation
import HTTPServer
import HTTPTypes
import JSON
import Logging
import OpenAIAPI
import Testing
import Yams

@testable import InferenceService

/// Holds openapi.yaml against the routes and the field tables that run.
@Suite struct DocumentTests {
    private func document() throws -> [String: Any] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "openapi.yaml"), encoding: .utf8)
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

    /// Request bodies in the document are the tables' own schemas.
    @Test func requestSchemasAreTheTables() throws {
        let components = try #require(try document()["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: Any])
        let known = try schemas.values.map { try canonical($0) }
        for table in RequestSchema.all {
            let schema = try canonical(
                try JSONSerialization.jsonObject(with: Data(table.jsonSchema.serialized())))
            #expect(known.contains(schema), "\(table.name) is not in openapi.yaml as the table says it")
        }
    }

    /// JSON text with sorted keys, in which equal values look equal whatever read them.
    private func canonical(_ value: Any) throws -> String {
        let data = try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
        return String(decoding: data, as: UTF8.self)
    }
}
