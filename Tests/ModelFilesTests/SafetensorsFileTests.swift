import ModelFiles
import Testing

@Suite struct SafetensorsFileTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var bytes: [UInt8]
        var complaint: String
        var testDescription: String { name }

        init(_ name: String, _ bytes: [UInt8], _ complaint: String) {
            self.name = name
            self.bytes = bytes
            self.complaint = complaint
        }

        init(_ name: String, header: String, length: UInt64? = nil, data: Int = 8, _ complaint: String) {
            self.init(
                name, RawSafetensors.file(header: header, length: length, data: [UInt8](repeating: 0, count: data)),
                complaint)
        }

        /// One tensor `x` with these members, before 8 bytes of data.
        init(_ name: String, x: String, _ complaint: String) {
            self.init(name, header: #"{"x":{\#(x)}}"#, complaint)
        }
    }

    @Test(arguments: headers + entries + places)
    func `a forged file is refused by name`(forged: Case) throws {
        let error = #expect(throws: ModelFileError.self) {
            try SafetensorsFile(bytes: forged.bytes, name: "/folder/model.safetensors")
        }
        let message = try #require(error).description
        #expect(message.contains("model.safetensors"), "the message was: \(message)")
        #expect(message.contains(forged.complaint), "the message was: \(message)")
        #expect(message.utf8.count < 500)
    }

    static let headers: [Case] = [
        Case("empty file", [], "only 0 bytes"),
        Case("length only", le(UInt64(2)), "can't fit"),
        Case("header too long for the format", header: "{}", length: 100_000_001, "over the format's limit"),
        Case("header of all bytes that can be counted", header: "{}", length: .max, "over the format's limit"),
        Case("header past the end", header: "{}", length: 11, "can't fit"),
        Case("empty header", header: "", length: 0, "must begin with '{'"),
        Case("space before the header", header: " {}", data: 0, "must begin with '{'"),
        Case("no object", header: "[]", "must begin with '{'"),
        Case("no end", header: "{", "was expected"),
        Case("trailing comma", header: #"{"__metadata__":{},}"#, "was expected"),
        Case("something after the end", header: "{}{}", data: 0, "something follows"),
        Case("name without end", header: #"{"x"#, "has no end"),
        Case("escape at the end", header: #"{"x\"#, "has no end"),
        Case("bad escape", header: #"{"\q":{}}"#, "isn't valid JSON"),
        Case("control character", header: "{\"a\u{1}\":{}}", "isn't valid JSON"),
        Case(
            "bad UTF-8", le(UInt64(8)) + [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x7B, 0x7D, 0x7D], "isn't valid JSON"),
        Case("metadata of numbers", header: #"{"__metadata__":{"a":1}}"#, #"'"' was expected"#),
        Case("metadata twice", header: #"{"__metadata__":{},"__metadata__":{}}"#, "'__metadata__' appears twice"),
        Case("metadata key twice", header: #"{"__metadata__":{"a":"1","a":"2"}}"#, "'a' of '__metadata__' appears"),
        Case("deep nesting", header: #"{"x":\#(String(repeating: "[", count: 100_000))"#, "'{' was expected"),
        Case(
            "deep nesting in an unknown member", header: #"{"x":{"y":\#(String(repeating: "[", count: 100_000))}}"#,
            "the value of 'y'"),
        Case("a tensor that is null", header: #"{"x":null}"#, "'{' was expected"),
    ]

    static let entries: [Case] = [
        Case("no type", x: #""shape":[2],"data_offsets":[0,8]"#, "'x' has no 'dtype'"),
        Case("no shape", x: #""dtype":"F32","data_offsets":[0,8]"#, "'x' has no 'shape'"),
        Case("no offsets", x: #""dtype":"F32","shape":[2]"#, "'x' has no two 'data_offsets'"),
        Case("one offset", x: #""dtype":"F32","shape":[2],"data_offsets":[0]"#, "'x' has no two 'data_offsets'"),
        Case("three offsets", x: #""dtype":"F32","shape":[2],"data_offsets":[0,8,8]"#, "has no two 'data_offsets'"),
        Case("unknown type", x: #""dtype":"F128","shape":[2],"data_offsets":[0,8]"#, "the type 'F128' isn't known"),
        Case("type of GGUF", x: #""dtype":"Q8_0","shape":[32],"data_offsets":[0,8]"#, "the type 'Q8_0' isn't known"),
        Case("type twice", x: #""dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]"#, "'dtype' of tensor"),
        Case("shape twice", x: #""dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]"#, "'shape' of tensor"),
        Case("negative length", x: #""dtype":"F32","shape":[-2],"data_offsets":[0,8]"#, "isn't negative"),
        Case("fraction", x: #""dtype":"F32","shape":[2.0],"data_offsets":[0,8]"#, "was expected"),
        Case("exponent", x: #""dtype":"F32","shape":[2e0],"data_offsets":[0,8]"#, "was expected"),
        Case("leading zero", x: #""dtype":"F32","shape":[02],"data_offsets":[0,8]"#, "a whole number"),
        Case("length as text", x: #""dtype":"F32","shape":["2"],"data_offsets":[0,8]"#, "a whole number"),
        Case("length of 2^63", x: #""dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]"#, "too large"),
        Case("endless number", x: #""dtype":"F32","shape":[\#(String(repeating: "9", count: 9_999))]"#, "too large"),
        Case(
            "elements past counting", x: #""dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]"#,
            "more elements than can be counted"),
        Case(
            "elements past counting beside a zero",
            x: #""dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]"#,
            "more elements than can be counted"),
        Case(
            "bytes past counting", x: #""dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,8]"#,
            "more bytes than can be counted"),
        Case(
            "a cube of a million", x: #""dtype":"F32","shape":[1000000,1000000,1000000],"data_offsets":[0,8]"#,
            "don't hold the 4000000000000000000 bytes"),
        Case(
            "too many dimensions",
            x: #""dtype":"F32","shape":[\#(String(repeating: "1,", count: 99))1],"data_offsets":[0,4]"#,
            "more than 64 numbers"),
        Case("half a byte", x: #""dtype":"F4","shape":[3],"data_offsets":[0,2]"#, "isn't a whole number of bytes"),
        Case("end before start", x: #""dtype":"F32","shape":[2],"data_offsets":[8,0]"#, "don't hold the 8 bytes"),
        Case("too few bytes", x: #""dtype":"F32","shape":[2],"data_offsets":[0,4]"#, "don't hold the 8 bytes"),
        Case("too many bytes", x: #""dtype":"F32","shape":[1],"data_offsets":[0,8]"#, "don't hold the 4 bytes"),
        Case(
            "offsets at the end of all numbers",
            x: #""dtype":"F32","shape":[2],"data_offsets":[9223372036854775799,9223372036854775807]"#,
            "belong to no tensor"),
    ]

    static let places: [Case] = [
        Case("past the end", header: entry("x", 0, 8), data: 7, "past the end of the file"),
        Case("bytes left over", header: entry("x", 0, 8), data: 9, "the last 1 bytes belong to no tensor"),
        Case("bytes without tensors", header: "{}", "the last 8 bytes"),
        Case("hole at the start", header: entry("x", 8, 16), data: 16, "bytes 0 to 8 before it"),
        Case("hole", header: entry("x", 0, 8, "y", 16, 24), data: 24, "bytes 8 to 16 before it"),
        Case("overlap", header: entry("x", 0, 8, "y", 4, 12), data: 12, "overlap those of tensor 'x'"),
        Case("the same bytes", header: entry("x", 0, 8, "y", 0, 8), "overlap those of tensor 'x'"),
        Case("name twice", header: entry("x", 0, 8, "x", 8, 16), data: 16, "'x' appears twice"),
        Case("name twice, once escaped", header: entry("x", 0, 8, #"\u0078"#, 8, 16), data: 16, "'x' appears twice"),
        Case(
            "terminal escapes in a name", header: entry(#"\u001b[31m"#, 0, 8), data: 0, "'\\u{1b}[31m'"),
    ]

    /// A header of F32 tensors of two numbers.
    private static func entry(_ parts: Any...) -> String {
        let members = stride(from: 0, to: parts.count, by: 3).map {
            #""\#(parts[$0])":{"dtype":"F32","shape":[2],"data_offsets":[\#(parts[$0 + 1]),\#(parts[$0 + 2])]}"#
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    @Test func `tensors of every type are found at any address and in any order`() throws {
        let header =
            #"{"__metadata__":{"format":"pt"}, "flags" : {"shape":[3],"data_offsets":[0,3],"dtype":"BOOL"},"#
            + #""note":{"dtype":"F32","shape":[],"data_offsets":[11,15],"by":{"a":[1,"}"]}},"#
            + #""ids":{"dtype":"I64","shape":[1,1],"data_offsets":[3,11]},"#
            + #""none":{"dtype":"F16","shape":[4,0],"data_offsets":[15,15]}}  "#
        let data: [UInt8] = [1, 0, 1] + le(UInt64(7)) + le(Float(1.5).bitPattern)
        let file = try SafetensorsFile(bytes: RawSafetensors.file(header: header, data: data))
        #expect(file.tensors.map(\.name) == ["flags", "ids", "note", "none"])
        #expect(file.tensors.map(\.type) == [.bool, .i64, .f32, .f16])
        #expect(file.tensors.map(\.shape) == [[3], [1, 1], [], [0, 4]])
        #expect(file.tensors.map(\.type.isWeight) == [false, false, true, true])
        let note = try #require(file.tensor("note"))
        #expect(note.elementCount == 1)
        #expect(withExtendedLifetime(file) { Array(note.bytes) } == le(Float(1.5).bitPattern))
        #expect(file.tensor("none")?.byteCount == 0)
        #expect(file.tensor("none")?.elementCount == 0)
    }

    @Test func `a shape is read with the row length first`() throws {
        let bytes = RawSafetensors.file([.init("w", "F32", [2, 3], data: RawSafetensors.floats([1, 2, 3, 4, 5, 6]))])
        let tensor = try #require(try SafetensorsFile(bytes: bytes).tensor("w"))
        #expect(tensor.shape == [3, 2])
        #expect(tensor.rowLength == 3)
        #expect(tensor.rowByteCount == 12)
    }

    @Test func `a file without tensors is one`() throws {
        #expect(try SafetensorsFile(bytes: RawSafetensors.file(header: "{}")).tensors.isEmpty)
    }
}
