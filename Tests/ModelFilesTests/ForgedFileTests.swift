import ModelFiles
import Testing

/// One forged file per field, each refused with an error that names the field.
///
/// The cases cover those of llama.cpp's own reader test (bad header, bad pairs, bad tensor rows, bad data), and the
/// wrap-arounds behind its past vulnerabilities.
@Suite struct ForgedFileTests {
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

        init(_ name: String, _ raw: RawGGUF, _ complaint: String) {
            self.init(name, raw.bytes, complaint)
        }
    }

    @Test(arguments: header + pairs + arrays + tensorRows + data)
    func isRefused(_ forged: Case) throws {
        let error = #expect(throws: ModelFileError.self) { try GGUFFile(bytes: forged.bytes) }
        let message = try #require(error).description
        #expect(message.contains(forged.complaint), "the message was: \(message)")
        #expect(message.utf8.count < 500)
    }

    private static func header(_ change: (inout RawGGUF) -> Void) -> RawGGUF {
        var raw = RawGGUF()
        change(&raw)
        return raw
    }

    static let header: [Case] = [
        Case("empty", [], "not a GGUF file"),
        Case("bad magic", header { $0.magic = Array("FUGG".utf8) }, "46 55 47 47"),
        Case("older format", header { $0.magic = Array("tjgg".utf8) }, "older than GGUF"),
        Case("LFS pointer", Array("version https://git-lfs.github.com/spec/v1".utf8), "Git LFS pointer"),
        Case("web page", Array("<html><body>404</body></html>".utf8), "web page"),
        Case("magic only", Array("GGUF".utf8), "version: needs 4 bytes"),
        Case("version 0", header { $0.version = 0 }, "version 0 isn't supported"),
        Case("version 1", header { $0.version = 1 }, "convert the model again"),
        Case("version 4", header { $0.version = 4 }, "version 4 isn't supported"),
        Case("big-endian", header { $0.version = UInt32(3).byteSwapped }, "big-endian"),
        Case("no counts", Array("GGUF".utf8) + le(UInt32(3)), "tensor count: needs 8 bytes"),
        Case("tensor count", header { $0.declaredTensorCount = 1 << 40 }, "tensor count: 1099511627776 can't fit"),
        Case("tensor count wraps", header { $0.declaredTensorCount = .max }, "tensor count: 18446744073709551615"),
        Case("metadata count", header { $0.declaredMetadataCount = 1 << 40 }, "metadata count: 1099511627776 can't"),
        Case("metadata count wraps", header { $0.declaredMetadataCount = .max }, "metadata count"),
        Case(
            "more pairs than a model has",
            header {
                $0.declaredMetadataCount = 65_537
                $0.data = [UInt8](repeating: 0, count: 1 << 20)
            }, "over the limit of 65536"),
    ]

    private static func pairs(_ pairs: [UInt8]...) -> RawGGUF {
        RawGGUF(metadata: pairs)
    }

    static let pairs: [Case] = [
        Case("key length", pairs(str("key", length: 1 << 50) + le(UInt32(4))), "metadata key 0: needs"),
        Case("key length wraps", pairs(str("key", length: .max) + le(UInt32(4))), "metadata key 0: needs"),
        Case("empty key", pairs(pair("", type: 4, le(UInt32(1)))), "metadata key 0: is empty"),
        Case("key not UTF-8", pairs(le(UInt64(1)) + [0xFF] + le(UInt32(4)) + le(UInt32(4))), "valid UTF-8"),
        Case(
            "key too long", pairs(pair(String(repeating: "k", count: 65_536), type: 0, [1])), "over the limit of 65535"),
        Case("duplicate key", pairs(pair("a", type: 0, [1]), pair("a", type: 0, [1])), "'a': appears twice"),
        Case("unknown type", pairs(pair("a", type: 13, [1])), "'a': type: 13 isn't a value type"),
        Case("huge type", pairs(pair("a", type: .max, [1])), "'a': type: 4294967295"),
        Case("bool of 2", pairs(pair("a", type: 7, [2])), "'a': 2 isn't a bool"),
        Case("string length", pairs(pair("a", type: 8, str("b", length: 1 << 62))), "'a': needs 4611686018427387904"),
        Case("string not UTF-8", pairs(pair("a", type: 8, le(UInt64(2)) + [0xC3, 0x28])), "'a': isn't valid UTF-8"),
        Case(
            "value cut off",
            header {
                $0.metadata = [pair("a", type: 10, [1])]; $0.alignment = 0
            }, "needs 8 bytes"),
        Case("alignment of 0", pairs(pair("general.alignment", type: 4, le(UInt32(0)))), "0 isn't a power of two"),
        Case("alignment of 13", pairs(pair("general.alignment", type: 4, le(UInt32(13)))), "13 isn't a power"),
        Case(
            "alignment of another type", pairs(pair("general.alignment", type: 6, le(Float(32).bitPattern))),
            "must hold a u32, but the file has f32"),
    ]

    static let arrays: [Case] = [
        Case("array of arrays", pairs(arrayPair("a", element: 9, count: 1, le(UInt32(4)))), "arrays of arrays"),
        Case("element type", pairs(arrayPair("a", element: 99, count: 1, [1])), "'a': element type: 99"),
        Case("array length", pairs(arrayPair("a", element: 4, count: 1 << 61, [])), "'a': array length: 23058430"),
        Case("array length wraps", pairs(arrayPair("a", element: 12, count: .max, [])), "'a': array length: 1844"),
        Case("byte array length", pairs(arrayPair("a", element: 0, count: 1 << 63, [])), "'a': array length: 9223"),
        Case("string array length", pairs(arrayPair("a", element: 8, count: 1 << 58, [])), "elements of type str"),
        Case(
            "length of one string", pairs(arrayPair("a", element: 8, count: 2, str("ok") + str("no", length: 1 << 40))),
            "'a': element 1: needs 1099511627776 bytes"),
        Case("bool array", pairs(arrayPair("a", element: 7, count: 3, [0, 1, 9])), "'a': 9 isn't a bool"),
    ]

    private static func row(_ rows: [UInt8]..., dataByteCount: Int = 1_024) -> RawGGUF {
        RawGGUF(tensors: rows, data: [UInt8](repeating: 0, count: dataByteCount))
    }

    static let tensorRows: [Case] = [
        Case("name length", row(tensorRow("t", nameLength: 1 << 50)), "tensor 0: name: needs"),
        Case("name too long", row(tensorRow(String(repeating: "t", count: 257))), "over the limit of 256"),
        Case("empty name", row(tensorRow("")), "tensor 0: name: is empty"),
        Case("same name twice", row(tensorRow("t"), tensorRow("t", offset: 128)), "tensor 't': appears twice"),
        Case("no dimensions", row(tensorRow("t", shape: [])), "'t': number of dimensions: 0"),
        Case("five dimensions", row(tensorRow("t", shape: [1, 1, 1, 1, 1])), "'t': number of dimensions: 5"),
        Case("dimension count lies", row(tensorRow("t", dimensionCount: .max)), "number of dimensions: 4294967295"),
        Case("dimension of 0", row(tensorRow("t", shape: [8, 0])), "'t': dimension 1: 0 is out of range"),
        Case("dimension of 2^63", row(tensorRow("t", shape: [1 << 63])), "'t': dimension 0: 9223372036854775808"),
        Case("negative dimension", row(tensorRow("t", shape: [8, .max])), "dimension 1: 18446744073709551615"),
        Case("elements wrap", row(tensorRow("t", shape: [1 << 33, 1 << 33])), "more elements than can be counted"),
        Case(
            "elements wrap to a small number", row(tensorRow("t", shape: [1 << 32, 1 << 32, 1 << 62, 4])),
            "more elements than can be counted"),
        Case("bytes wrap", row(tensorRow("t", shape: [1 << 62])), "more bytes than can be counted"),
        Case("bytes close to wrapping", row(tensorRow("t", shape: [(1 << 61) - 1])), "past the end of the file"),
        Case("padded bytes wrap", row(tensorRow("t", shape: [1 << 60, 1], type: 8)), "past the end of the file"),
        Case("row isn't whole blocks", row(tensorRow("t", shape: [33], type: 2)), "isn't a multiple of 32"),
        Case(
            "row isn't whole superblocks", row(tensorRow("t", shape: [32, 8], type: 12)),
            "32 isn't a multiple of 256, the block length of Q4_K"),
        Case("unsupported type", row(tensorRow("t", shape: [256], type: 16)), "'t': type IQ2_XXS isn't supported"),
        Case("removed type", row(tensorRow("t", type: 4)), "'t': type: 4 isn't a tensor type"),
        Case("unknown type", row(tensorRow("t", type: .max)), "'t': type: 4294967295 isn't a tensor type"),
    ]

    static let data: [Case] = [
        Case(
            "not enough data", row(tensorRow("t", shape: [64]), dataByteCount: 255),
            "tensor 't': offset 0 + 256 bytes is past the end of the file (data section has 255 bytes)"),
        Case("no data at all", row(tensorRow("t"), dataByteCount: 0), "(data section has 0 bytes)"),
        Case("offset past the end", row(tensorRow("t", offset: 1 << 40)), "offset 1099511627776 + 128"),
        Case("offset at the last byte", row(tensorRow("t", offset: 992)), "offset 992 + 128 bytes is past"),
        Case("offset wraps", row(tensorRow("t", offset: .max - 31)), "offset 18446744073709551584 + 128"),
        Case("offset over Int.max", row(tensorRow("t", offset: 1 << 63)), "offset 9223372036854775808"),
        Case("offset not aligned", row(tensorRow("t", offset: 33)), "offset 33 isn't a multiple of 32"),
        Case(
            "offset not aligned to the file's own alignment",
            row(tensorRow("t", offset: 32)).adding(metadata: pair("general.alignment", type: 4, le(UInt32(64)))),
            "offset 32 isn't a multiple of 64"),
        Case(
            "alignment beyond the file",
            row(tensorRow("t")).adding(metadata: pair("general.alignment", type: 4, le(UInt32(1 << 31)))),
            "before the section's start at a multiple of 2147483648"),
        Case("overlap", row(tensorRow("a"), tensorRow("b", offset: 96)), "'b': its bytes overlap those of tensor 'a'"),
        Case("same place", row(tensorRow("a"), tensorRow("b")), "overlap"),
        Case(
            "one inside another",
            row(
                tensorRow("a", shape: [128]), tensorRow("c", shape: [8], offset: 512),
                tensorRow("b", shape: [8], offset: 64)), "'b': its bytes overlap those of tensor 'a'"),
    ]

    @Test func namesFromTheFileAreEscapedInMessages() throws {
        let name = "\u{1B}[2J" + String(repeating: "x", count: 200)
        let raw = Self.row(tensorRow(name, offset: 1))
        let error = #expect(throws: ModelFileError.self) { try GGUFFile(bytes: raw.bytes) }
        let message = try #require(error).description
        #expect(message.contains("\\u{1b}[2Jxxx"))
        #expect(!message.utf8.contains(0x1B))
        #expect(message.utf8.count < 250)
    }
}
