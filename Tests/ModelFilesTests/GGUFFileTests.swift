import Glibc
import ModelFiles
import TestSupport
import Testing

@Suite struct GGUFFileTests {
    @Test func everyValueTypeSurvivesTheTrip() throws {
        var writer = GGUFWriter()
        writer["u8"] = .uint8(.max)
        writer["i8"] = .int8(.min)
        writer["u16"] = .uint16(.max)
        writer["i16"] = .int16(.min)
        writer["u32"] = .uint32(.max)
        writer["i32"] = .int32(.min)
        writer["f32"] = .float32(-0.5)
        writer["bool"] = .bool(true)
        writer["text"] = .string("naïve 🌲")
        writer["empty"] = .string("")
        writer["u64"] = .uint64(UInt64(Int.max))
        writer["i64"] = .int64(.min)
        writer["f64"] = .float64(0.1)
        writer["strings"] = .array(GGUFArray(["a", "", "ü"]))
        writer["floats"] = .array(GGUFArray([1.5, -2] as [Float]))
        writer["ints"] = .array(GGUFArray([1, -2] as [Int32]))
        writer["bools"] = .array(GGUFArray([true, false]))
        writer["none"] = .array(GGUFArray([] as [String]))

        let file = try GGUFFile(bytes: writer.encoded())
        let metadata = file.metadata
        #expect(file.version == 3)
        #expect(metadata.keys == writer.metadata.map(\.key))
        #expect(try metadata.integer("u8") == 255)
        #expect(try metadata.integer("i8") == -128)
        #expect(try metadata.integer("u16") == 65_535)
        #expect(try metadata.integer("i16") == -32_768)
        #expect(try metadata.integer("u32") == 4_294_967_295)
        #expect(try metadata.integer("i32") == -2_147_483_648)
        #expect(try metadata.float("f32") == -0.5)
        #expect(try metadata.bool("bool"))
        #expect(try metadata.string("text") == "naïve 🌲")
        #expect(try metadata.string("empty").isEmpty)
        #expect(try metadata.integer("u64") == Int.max)
        #expect(try metadata.integer("i64") == Int.min)
        #expect(try metadata.float("f64") == 0.1)
        #expect(try metadata.strings("strings") == ["a", "", "ü"])
        #expect(try metadata.floats("floats") == [1.5, -2])
        #expect(try metadata.integers("ints") == [1, -2])
        #expect(try metadata.bools("bools") == [true, false])
        #expect(try metadata.strings("none").isEmpty)
    }

    @Test func tensorsLieWhereTheTableSays() throws {
        var writer = GGUFWriter()
        try writer.add("a", shape: [3, 2], floats: [1, 2, 3, 4, 5, 6])
        try writer.add("b", .q4_K, shape: [512, 3, 2], bytes: (0..<12 * 144).map { UInt8(truncatingIfNeeded: $0) })
        try writer.add("c", .bf16, shape: [1], bytes: [0x80, 0x3F])

        let file = try GGUFFile(bytes: writer.encoded())
        #expect(file.tensors.map(\.name) == ["a", "b", "c"])
        let a = try #require(file.tensor("a"))
        #expect(a.shape == [3, 2] && a.rowLength == 3 && a.rowCount == 2 && a.elementCount == 6)
        #expect(a.rowByteCount == 12 && a.byteCount == 24)
        let b = try #require(file.tensor("b"))
        #expect(b.rowLength == 512 && b.rowCount == 6 && b.rowByteCount == 288)
        withExtendedLifetime(file) {
            #expect(a.bytes.loadUnaligned(fromByteOffset: 20, as: Float.self) == 6)
            #expect(b.bytes.count == 1_728 && b.bytes[300] == 44)
        }
        #expect(file.tensor("d") == nil)
    }

    @Test(arguments: [1, 2, 8, 32, 64, 4_096])
    func everyPowerOfTwoAligns(_ alignment: Int) throws {
        var writer = GGUFWriter(alignment: alignment)
        try writer.add("a", shape: [5], floats: [1, 2, 3, 4, 5])
        try writer.add("b", shape: [1], floats: [6])
        let file = try GGUFFile(bytes: writer.encoded())
        #expect(file.alignment == alignment)
        let b = try #require(file.tensor("b"))
        withExtendedLifetime(file) {
            #expect(b.bytes.loadUnaligned(as: Float.self) == 6)
        }
    }

    @Test func versionTwoIsReadLikeThree() throws {
        var raw = RawGGUF()
        raw.version = 2
        raw.metadata = [pair("n", type: 4, le(UInt32(7)))]
        raw.tensors = [tensorRow("t", shape: [8])]
        raw.data = [UInt8](repeating: 1, count: 32)
        let file = try GGUFFile(bytes: raw.bytes)
        #expect(file.version == 2)
        #expect(try file.metadata.integer("n") == 7)
        #expect(file.tensor("t")?.byteCount == 32)
    }

    @Test func aFileWithoutTensorsNeedsNoPadding() throws {
        var raw = RawGGUF()
        raw.alignment = 0
        #expect(try GGUFFile(bytes: raw.bytes).tensors.isEmpty)
    }

    @Test func bytesAfterTheLastTensorAreIgnored() throws {
        var raw = RawGGUF(tensors: [tensorRow("t", shape: [8])])
        raw.data = [UInt8](repeating: 0, count: 32 + 1_000)
        #expect(try GGUFFile(bytes: raw.bytes).tensors.count == 1)
    }

    @Test func tensorsMayStandInAnyOrderWithGaps() throws {
        var raw = RawGGUF(tensors: [tensorRow("b", shape: [8], offset: 96), tensorRow("a", shape: [8], offset: 0)])
        raw.data = [UInt8](repeating: 0, count: 128)
        #expect(try GGUFFile(bytes: raw.bytes).tensors.map(\.name) == ["b", "a"])
    }

    @Test func aPathThatIsNoFileSaysWhy() throws {
        let directory = try TemporaryDirectory()
        let fifo = directory.path + "/fifo"  // To open one without care is to wait for a writer for ever.
        #expect(mkfifo(fifo, 0o600) == 0)
        for (path, reason) in [
            ("/nonexistent/model.gguf", "No such file or directory"),
            ("/dev/zero", "isn't a regular file"),
            ("/", "isn't a regular file"),
            (fifo, "isn't a regular file"),
        ] {
            let error = #expect(throws: ModelFileError.self) { try GGUFFile(path: path) }
            #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        }
    }

    @Test func openingABigFileReadsOnlyItsHeader() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/sparse.gguf"
        let elements = 256 << 20
        var raw = RawGGUF(tensors: [tensorRow("big", shape: [UInt64(elements)])])
        raw.data = []
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        let header = raw.bytes
        #expect(write(descriptor, header, header.count) == header.count)
        #expect(ftruncate(descriptor, header.count + elements * 4) == 0)
        close(descriptor)

        let before = residentBytes()
        let file = try GGUFFile(path: path)
        #expect(file.fileByteCount > 1 << 30)
        #expect(residentBytes() - before < 64 << 20)
    }

    /// Runs on a model of the developer's choice: set NEEDLETAIL_TEST_GGUF to its path.
    @Test(.enabled(if: getenv("NEEDLETAIL_TEST_GGUF") != nil, "NEEDLETAIL_TEST_GGUF names no model file"))
    func aRealModelOpens() throws {
        let path = try #require(getenv("NEEDLETAIL_TEST_GGUF").map { String(cString: $0) })
        let file = try GGUFFile(path: path)
        let tokenizer = try TokenizerMetadata(file.metadata)
        #expect(!file.tensors.isEmpty)
        #expect(tokenizer.tokens.count > 1_000)
    }

    private func residentBytes() -> Int {
        guard let stream = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(stream) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, stream) != nil else { return 0 }
        let fields = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            .split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
