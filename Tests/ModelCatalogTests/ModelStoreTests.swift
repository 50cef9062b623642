import Glibc
import TestSupport
import Testing

@testable import ModelCatalog

@Suite struct ModelStoreTests {
    @Test(arguments: [
        "", ".", "..", "../x", "a/b", "/etc/passwd", "a\\b", ".hidden", "-option", "a b", "a\0b", "a\nb", "naïve",
        "%2e%2e",
        String(repeating: "a", count: 97),
    ])
    func namesThatAreNotPlainAreRefused(_ text: String) {
        #expect(throws: ModelCatalogError.invalidName(text)) { try ModelName(text) }
        #expect(!RelativePath.isSafe("folder/" + text) || text == "a/b")
    }

    @Test(arguments: ["a", "smollm2-135m-instruct", "Qwen3.5_0.8B-Q4_K_M", "0"])
    func plainNamesAreAccepted(_ text: String) throws {
        #expect(try ModelName(text).description == text)
    }

    @Test func theEnvironmentNamesTheRoot() throws {
        let both = ["NEEDLETAIL_MODELS": "/m/", "XDG_CACHE_HOME": "/c", "HOME": "/h"]
        #expect(try ModelStore(environment: both).root == "/m")
        #expect(try ModelStore(environment: ["XDG_CACHE_HOME": "/c", "HOME": "/h"]).root == "/c/needletail/models")
        #expect(
            try ModelStore(environment: ["XDG_CACHE_HOME": "c", "HOME": "/h"]).root == "/h/.cache/needletail/models")
        #expect(throws: ModelCatalogError.self) { try ModelStore(environment: ["NEEDLETAIL_MODELS": ""]) }
    }

    @Test func anUnknownNameListsWhatThereIs() throws {
        let index = try FakeIndex([.tiny(try tinyModel())])
        try write(try tinyModel(), to: index.directory.path + "/mine.gguf")
        _ = try index.pull(index.directory.path + "/mine.gguf")
        let error = #expect(throws: ModelCatalogError.self) { try index.store.resolve("nope") }
        let message = try #require(error).description
        #expect(message == "there is no model 'nope'; in the store: mine; `needletail pull NAME` knows: tiny")
        #expect(throws: ModelCatalogError.self) { try index.pull("nope") }
    }

    @Test func pathsAreTakenAsTheyAre() throws {
        let directory = try TemporaryDirectory()
        let store = ModelStore(root: directory.path + "/store")
        let path = directory.path + "/mine.gguf"
        #expect(throws: ModelCatalogError.self) { try store.resolve(path) }
        try write([1], to: path)
        #expect(try store.resolve(path) == ModelLocation(name: "mine", path: path, format: .gguf))
        #expect(throws: ModelCatalogError.self) { try store.resolve(directory.path) }
        try write([1], to: directory.path + "/config.json")
        try write([1], to: directory.path + "/model.safetensors")
        #expect(try store.resolve(directory.path + "/").format == .huggingFace)
    }

    @Test func aLocalModelIsLinkedByName() throws {
        let index = try FakeIndex()
        let path = index.directory.path + "/My.Model-Q4.gguf"
        let bytes = try tinyModel()
        try write(bytes, to: path)
        let location = try index.pull(path).location
        #expect(location.name == "My.Model-Q4" && location.path == index.store.root + "/My.Model-Q4/model.gguf")
        #expect(try index.store.resolve("My.Model-Q4") == location)
        let listing = try #require(index.store.list().first)
        #expect(listing.byteCount == bytes.count && listing.source.hasSuffix("/My.Model-Q4.gguf"))

        #expect(try index.pull(path, as: "other").location.name == "other")
        #expect(try index.pull(path).outcome == .pulled)  // To link again is no error.

        unlink(path)
        let error = #expect(throws: ModelCatalogError.self) { try index.store.resolve("other") }
        #expect(error?.description.contains("is gone") == true)
    }

    @Test func aLocalFolderIsLinkedToo() throws {
        let index = try FakeIndex()
        let folder = index.directory.path + "/encoder"
        try FileTree.createDirectory(folder)
        try write([1], to: folder + "/config.json")
        #expect(throws: ModelCatalogError.self) { try index.pull(folder) }
        try write([1, 2, 3], to: folder + "/model.safetensors")
        let location = try index.pull(folder).location
        #expect(location.format == .huggingFace && FileTree.isFile(location.path + "/config.json"))
        #expect(index.store.list().first?.byteCount == 4)
    }

    @Test func whatIsNoModelIsNotLinked() throws {
        let index = try FakeIndex()
        let path = index.directory.path + "/fake.gguf"
        try write(Array("GGUF".utf8), to: path)
        let error = #expect(throws: ModelCatalogError.self) { try index.pull(path) }
        #expect(error?.description.contains("version: needs 4 bytes") == true)
        #expect(throws: ModelCatalogError.self) { try index.pull("/nonexistent.gguf") }
        #expect(throws: ModelCatalogError.self) { try index.pull(path, as: "../evil") }
        #expect(index.contents() == ([], []))
    }

    @Test func aNameBelongsToItsFirstSource() throws {
        let index = try FakeIndex([.tiny(try tinyModel())])
        let path = index.directory.path + "/a.gguf"
        try write(try tinyModel(), to: path)
        _ = try index.pull(path, as: "tiny")
        let error = #expect(throws: ModelCatalogError.self) { try index.pull("tiny") }
        #expect(error?.description.contains("/a.gguf: choose another name") == true)
    }

    @Test func theShippedCatalogueIsSound() throws {
        for entry in Catalogue.standard.entries {
            #expect(try ModelName(entry.name).description == entry.name)
            #expect(Set(entry.files.map(\.path)) == Set(entry.packages.flatMap(\.members).map(\.destination)))
            #expect(entry.files.allSatisfy { $0.sha256.utf8.count == 64 && RelativePath.isSafe($0.path) })
            let manifest = Manifest(
                source: entry.source, license: entry.license, format: entry.format, files: entry.files)
            #expect(Manifest(text: manifest.text) == manifest)
            #expect(manifest.entryPath != nil)
        }
    }
}
