import TestSupport
import Testing

@testable import ModelCatalog

@Suite struct PullFromHubTests {
    private let server: HubServer
    private let index: FakeIndex
    private let tools: PullTools
    private let path = "owner/repo/resolve/main/Model-Q4.gguf"
    private let reference = "hf:owner/repo/Model-Q4.gguf"

    init() throws {
        server = try HubServer()
        index = try FakeIndex()
        var tools = index.tools
        tools.hubEndpoint = server.endpoint
        self.tools = tools
    }

    private func pull(_ reference: String, as name: String? = nil) throws(ModelCatalogError) -> PullResult {
        try index.store.pull(reference, as: name, tools: tools)
    }

    @Test func aFileIsPulledAndCheckedOnce() throws {
        let bytes = try tinyModel()
        try server.serve(bytes, at: path, digest: sha256(bytes))
        let location = try pull(reference).location
        #expect(location.path == index.store.root + "/Model-Q4/Model-Q4.gguf")
        #expect(try index.store.resolve("Model-Q4") == location)
        #expect(index.store.list().map(\.source) == ["hf:owner/repo/Model-Q4.gguf@main"])
        #expect(index.contents() == (["Model-Q4"], []))
        #expect(try pull(reference).outcome == .alreadyThere)
        #expect(server.requests() == ["HEAD 0", "GET 0"])
    }

    @Test func revisionsAndFoldersReachTheAddress() throws {
        let bytes = try tinyModel()
        try server.serve(bytes, at: "o/r/resolve/v1.0/sub/m.gguf", digest: nil)
        #expect(try pull("hf:o/r/sub/m.gguf@v1.0", as: "mine").location.name == "mine")
    }

    @Test func aBrokenConnectionIsContinued() throws {
        let bytes = try tinyModel()
        try server.serve(bytes, at: path, digest: sha256(bytes), breaks: [100, 50])
        #expect(try pull(reference).outcome == .pulled)
        #expect(server.requests() == ["HEAD 0", "GET 0", "GET 100", "GET 150"])
    }

    @Test func theNextPullContinuesAnInterruptedOne() throws {
        let bytes = try tinyModel()
        try server.serve(bytes, at: path, digest: sha256(bytes), breaks: [10, 10, 10, 10, 10])
        #expect(throws: ModelCatalogError.self) { try pull(reference) }
        #expect(index.contents().models == [])
        #expect(index.contents().partial.count == 1)
        #expect(try pull(reference).outcome == .pulled)
        #expect(server.requests().last == "GET 50")
        #expect(index.contents() == (["Model-Q4"], []))
    }

    @Test func bytesOfAnotherVersionAreNotContinued() throws {
        let old = try tinyModel("old name")
        try server.serve(old, at: path, digest: sha256(old), breaks: [10, 10, 10, 10, 10])
        #expect(throws: ModelCatalogError.self) { try pull(reference) }
        let new = try tinyModel("new name")
        try server.serve(new, at: path, digest: sha256(new))
        #expect(try pull(reference).outcome == .pulled)
        #expect(server.requests().last == "GET 0")
    }

    @Test func aWrongDigestLeavesNothing() throws {
        try server.serve(try tinyModel(), at: path, digest: String(repeating: "0", count: 64))
        let error = #expect(throws: ModelCatalogError.self) { try pull(reference) }
        #expect(error?.description.contains("isn't the expected file") == true)
        #expect(index.contents() == ([], []))
    }

    @Test func withoutADigestTheFileMustStillBeAModel() throws {
        let bytes = try tinyModel()
        try server.serve(Array(bytes.dropLast(100)), at: path, digest: nil)
        let error = #expect(throws: ModelCatalogError.self) { try pull(reference) }
        #expect(error?.description.contains("past the end of the file") == true)
        #expect(index.contents() == ([], []))
    }

    @Test func aFileThatIsNotThereIsReported() throws {
        let error = #expect(throws: ModelCatalogError.self) { try pull("hf:owner/repo/absent.gguf") }
        #expect(error?.description.contains("404") == true)
        #expect(index.contents() == ([], []))
    }
}
