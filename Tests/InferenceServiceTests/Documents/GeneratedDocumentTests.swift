import Foundation
import JSON
import OpenAIAPI
import OrderedCollections
import Testing

/// Parts of documents that are written from the field tables. After a change of a table: `make documents`.
@Suite(.serialized) struct GeneratedDocumentTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test func openAPIHasTheTables() throws {
        let section = GeneratedSection(
            file: Self.root.appending(path: "openapi.yaml"),
            begin: "# Written from the field tables by `make documents`:",
            end: "# End of what is written from the field tables.")
        #expect(try section.holds(YAMLText(RequestSchema.components, indentation: 4).lines))
    }

    @Test(arguments: RequestSchema.all.map(\.name))
    func thePageHasTheTable(name: String) throws {
        let schema = try #require(RequestSchema.all.first { $0.name == name })
        #expect(try section(name).holds(FieldReference(schema.fields).lines))
    }

    @Test func thePageHasTheSharedTables() throws {
        for (name, shape) in RequestSchema.namedShapes {
            #expect(try section(name).holds(FieldReference(shape).lines), "\(name)")
        }
    }

    private func section(_ name: String) -> GeneratedSection {
        GeneratedSection(
            file: Self.root.appending(path: "Docs/api.md"), begin: "<!-- fields of \(name) -->",
            end: "<!-- end of \(name) -->")
    }
}
