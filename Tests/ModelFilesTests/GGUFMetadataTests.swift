import ModelFiles
import Testing

@Suite struct GGUFMetadataTests {
    private func metadata(_ pairs: [(String, GGUFValue)]) throws -> GGUFMetadata {
        var writer = GGUFWriter()
        for (key, value) in pairs {
            writer[key] = value
        }
        return try GGUFFile(bytes: writer.encoded()).metadata
    }

    @Test func aMissingKeyIsNilOrAnErrorThatNamesIt() throws {
        let metadata = try metadata([])
        #expect(metadata["a.b"] == nil)
        #expect(try metadata.string(ifPresent: "a.b") == nil)
        #expect(try metadata.integers(ifPresent: "a.b") == nil)
        #expect(throws: ModelFileError.missingKey("a.b")) { try metadata.string("a.b") }
        #expect(throws: ModelFileError.missingKey("a.b")) { try metadata.float("a.b") }
        #expect(throws: ModelFileError.missingKey("a.b")) { try metadata.strings("a.b") }
        #expect(ModelFileError.missingKey("a.b").description == "metadata key 'a.b' is missing")
    }

    @Test func aValueOfAnotherTypeIsAnErrorEvenIfOptional() throws {
        let metadata = try metadata([
            ("n", .string("32")), ("s", .uint32(1)), ("list", .array(GGUFArray(["x"]))), ("f", .uint32(1)),
        ])
        let error = #expect(throws: ModelFileError.self) { try metadata.integer(ifPresent: "n") }
        #expect(error?.description == "metadata key 'n' must hold an integer, but the file has str")
        #expect(throws: ModelFileError.self) { try metadata.string("s") }
        #expect(throws: ModelFileError.self) { try metadata.float("f") }
        #expect(throws: ModelFileError.self) { try metadata.bool("f") }
        #expect(throws: ModelFileError.self) { try metadata.strings("s") }
        #expect(throws: ModelFileError.self) { try metadata.floats("list") }
        #expect(throws: ModelFileError.self) { try metadata.bools("list") }
        let list = #expect(throws: ModelFileError.self) { try metadata.integers("list") }
        #expect(list?.description == "metadata key 'list' must hold an array of integers, but the file has arr[str]")
    }

    @Test func numbersThatMakeNoSenseAreRefused() throws {
        let metadata = try metadata([
            ("big", .uint64(.max)), ("nan", .float32(.nan)), ("inf", .float64(.infinity)),
            ("overflow", .float64(1e300)), ("bigs", .array(GGUFArray(elementType: .uint64, [.uint64(.max)]))),
        ])
        #expect(throws: ModelFileError.self) { try metadata.integer("big") }
        #expect(throws: ModelFileError.self) { try metadata.integers("bigs") }
        for key in ["nan", "inf", "overflow"] {
            #expect(throws: ModelFileError.self) { try metadata.float(key) }
        }
    }

    @Test func perLayerNumbersComeAsOneOrAsMany() throws {
        let metadata = try metadata([("one", .uint32(3)), ("many", .array(GGUFArray([1, 2, 3] as [Int32])))])
        #expect(try metadata.integers(ifPresent: "one", repeatedTo: 4) == [3, 3, 3, 3])
        #expect(try metadata.integers(ifPresent: "many", repeatedTo: 3) == [1, 2, 3])
        #expect(try metadata.integers(ifPresent: "absent", repeatedTo: 3) == nil)
        let error = #expect(throws: ModelFileError.self) { try metadata.integers(ifPresent: "many", repeatedTo: 4) }
        #expect(error?.description == "metadata key 'many': has 3 elements, but 4 are needed")
    }

    @Test func aTokenThatIsNotUTF8IsNamed() throws {
        let raw = RawGGUF(metadata: [arrayPair("t", element: 8, count: 2, str("a") + le(UInt64(1)) + [0xFF])])
        let metadata = try GGUFFile(bytes: raw.bytes).metadata
        let error = #expect(throws: ModelFileError.self) { try metadata.strings("t") }
        #expect(error?.description == "metadata key 't': array element 1: isn't valid UTF-8")
    }

    @Test func listingsShowTheFirstElements() throws {
        let metadata = try metadata([
            ("s", .array(GGUFArray(["a", "b", "c"]))), ("n", .array(GGUFArray([7] as [UInt32]))),
        ])
        guard case .array(let strings)? = metadata["s"], case .array(let numbers)? = metadata["n"] else {
            Issue.record("the arrays are gone")
            return
        }
        #expect(strings.count == 3 && strings.elementType == .string)
        #expect(strings.prefix(2).map { "\($0)" } == ["a", "b"])
        #expect(strings.prefix(-1).isEmpty && strings.prefix(99).count == 3)
        #expect(strings.description == #"["a", "b", "c"]"#)
        #expect(GGUFArray((0..<10).map(UInt32.init)).description == "[0, 1, 2, 3, 4, 5, 6, 7, … 10 in all]")
        #expect(numbers.prefix(5).map { "\($0)" } == ["7"])
    }

    private func sampling(_ pairs: [(String, GGUFValue)]) throws -> RecommendedSampling {
        var writer = GGUFWriter()
        for (key, value) in pairs { writer["general.sampling.\(key)"] = value }
        return try ModelSource.gguf(GGUFFile(bytes: writer.encoded())).recommendedSampling()
    }

    @Test func whatMakersRecommendIsRead() throws {
        #expect(try sampling([]) == RecommendedSampling())
        let all = try sampling([
            ("temp", .float32(0.6)), ("top_p", .float32(0.95)), ("top_k", .int32(20)), ("min_p", .float32(0)),
            ("penalty_repeat", .float32(1.05)), ("mirostat", .int32(0)),
        ])
        #expect(
            all
                == RecommendedSampling(temperature: 0.6, topP: 0.95, topK: 20, minP: 0, repetitionPenalty: 1.05))
        #expect(try sampling([("top_k", .int32(0))]) == RecommendedSampling())
        for (key, value) in [("temp", GGUFValue.float32(-1)), ("top_p", .string("1")), ("top_k", .int32(-9))] {
            let error = #expect(throws: ModelFileError.self) { try sampling([(key, value)]) }
            #expect(error?.description.contains("general.sampling.\(key)") == true)
        }
    }
}
