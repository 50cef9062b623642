import ModelFiles
import TestSupport
import Testing

@Suite struct GGUFWriterTests {
    @Test func refusesTensorsThatDoNotAddUp() throws {
        var writer = GGUFWriter()
        try writer.add("a", shape: [2], floats: [1, 2])
        #expect(throws: ModelFileError.self) { try writer.add("a", shape: [2], floats: [1, 2]) }
        #expect(throws: ModelFileError.self) { try writer.add("b", shape: [3], floats: [1, 2]) }
        #expect(throws: ModelFileError.self) { try writer.add("c", .q8_0, shape: [33], bytes: []) }
        #expect(throws: ModelFileError.self) { try writer.add("d", shape: [], floats: []) }
        #expect(throws: ModelFileError.self) { try writer.add("", shape: [1], floats: [1]) }
        #expect(try GGUFFile(bytes: writer.encoded()).tensors.map(\.name) == ["a"])
    }

    @Test func copiesAFileThroughItself() throws {
        var original = GGUFWriter(alignment: 64)
        original["tokens"] = .array(GGUFArray(["x", "y"]))
        try original.add("w", shape: [4], floats: [1, 2, 3, 4])
        let bytes = try original.encoded()

        let file = try GGUFFile(bytes: bytes)
        var copy = GGUFWriter(alignment: file.alignment)
        for key in file.metadata.keys {
            copy[key] = file.metadata[key]
        }
        for tensor in file.tensors {
            try copy.add(tensor)
        }
        #expect(try copy.encoded() == bytes)
    }

    @Test func settingAKeyTwiceKeepsItsPlaceAndNilRemovesIt() throws {
        var writer = GGUFWriter()
        writer["a"] = .uint8(1)
        writer["b"] = .uint8(2)
        writer["a"] = .uint8(3)
        writer["absent"] = nil
        #expect(writer.metadata.map(\.key) == ["a", "b"])
        writer["a"] = nil
        #expect(try GGUFFile(bytes: writer.encoded()).metadata.keys == ["b"])
    }

    @Test func aFailedWriteLeavesTheOldFileAndNoOther() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/model.gguf"
        var writer = GGUFWriter()
        writer["n"] = .uint32(1)
        try writer.write(to: path)

        struct Broken: Error {}
        writer["n"] = .uint32(2)
        try writer.add("w", .f32, shape: [4]) { throw Broken() }
        #expect(throws: Broken.self) { try writer.write(to: path) }
        #expect(try GGUFFile(path: path).metadata.integer("n") == 1)
        #expect(directory.names() == ["model.gguf"])
    }

    @Test func aProducerOfTheWrongSizeIsCaught() throws {
        var writer = GGUFWriter()
        try writer.add("w", .f32, shape: [4]) { [0] }
        #expect(throws: ModelFileError.self) { try writer.encoded() }
    }

    @Test func aFolderThatIsNotThereIsNamed() throws {
        let error = #expect(throws: ModelFileError.self) { try GGUFWriter().write(to: "/nonexistent/x.gguf") }
        #expect(error?.description.contains("No such file or directory") == true)
    }
}
