import Kernels
import ModelFiles
import TestSupport
import Testing

@testable import needletail

@Suite struct QuantizeFileTests {
    private static func source(_ tensors: [(name: String, shape: [Int])]) throws -> GGUFFile {
        var writer = GGUFWriter(alignment: 64)
        writer["general.architecture"] = .string("llama")
        writer["general.file_type"] = .uint32(0)
        for (name, shape) in tensors {
            let count = shape.reduce(1, *)
            try writer.add(name, shape: shape, floats: (0..<count).map { Float($0 % 17 - 8) / 8 })
        }
        return try GGUFFile(bytes: try writer.encoded())
    }

    private static let tensors = [
        ("token_embd.weight", [256, 4]), ("blk.0.attn_q.weight", [256, 8]), ("blk.0.attn_norm.weight", [256]),
        ("blk.0.ffn_up.weight", [96, 8]), ("blk.0.ffn_down.weight", [40, 8]), ("blk.0.attn_q.bias", [256]),
        ("blk.0.ffn_gate_inp.weight", [256, 4]), ("blk.0.ffn_up_exps.weight", [256, 2, 3]),
        ("blk.0.attn_q_norm.weight", [64, 4]),
    ]

    @Test func `matrices get the format and everything small keeps its own`() throws {
        let plan = QuantizePlan(try Self.source(Self.tensors).tensors, target: .q4K)
        let targets = Dictionary(uniqueKeysWithValues: plan.steps.map { ($0.tensor.name, $0.target) })
        #expect(
            targets == [
                "token_embd.weight": .q6_K, "blk.0.attn_q.weight": .q4_K, "blk.0.attn_norm.weight": .f32,
                "blk.0.ffn_up.weight": .q4_1, "blk.0.ffn_down.weight": .f16, "blk.0.attn_q.bias": .f32,
                "blk.0.ffn_gate_inp.weight": .f32, "blk.0.ffn_up_exps.weight": .q4_K, "blk.0.attn_q_norm.weight": .f32,
            ])
        let fallbacks = plan.steps.filter { $0.instead != nil }.map(\.tensor.name)
        #expect(fallbacks == ["blk.0.ffn_up.weight", "blk.0.ffn_down.weight"])
        #expect(plan.requantized.isEmpty)
    }

    @Test func `an embedding that isn't the output gets the format itself`() throws {
        let tensors = Self.tensors + [("output.weight", [256, 4]), ("cls.output.weight", [256, 3])]
        let plan = QuantizePlan(try Self.source(tensors).tensors, target: .q4_0)
        let targets = Dictionary(uniqueKeysWithValues: plan.steps.map { ($0.tensor.name, $0.target) })
        #expect(targets["token_embd.weight"] == .q4_0)
        #expect(targets["output.weight"] == .q6_K && targets["cls.output.weight"] == .q6_K)
    }

    @Test func `the file holds the same metadata and the rows in their new format`() throws {
        let folder = try TemporaryDirectory()
        let source = try Self.source(Self.tensors)
        let file = QuantizeFile(source, target: .q8_0)
        let path = folder.path + "/model.gguf"
        try file.write(to: path, pool: WorkerPool(threadCount: 2))
        #expect(folder.names() == ["model.gguf"])
        let written = try GGUFFile(path: path)
        #expect(try written.metadata.string("general.architecture") == "llama")
        #expect(written.metadata["general.file_type"]?.description == "7")
        #expect(written.metadata["general.quantization_version"]?.description == "2")
        #expect(written.alignment == 64)
        #expect(written.tensors.map(\.name) == source.tensors.map(\.name))
        #expect(written.tensors.map(\.shape) == source.tensors.map(\.shape))
        #expect(written.tensors.reduce(0) { $0 + $1.byteCount } == file.plan.byteCount)
        for (before, after) in zip(source.tensors, written.tensors) {
            let (expected, found) = (Self.floats(before), Self.floats(after))
            #expect(zip(expected, found).allSatisfy { abs($0 - $1) < 0.005 }, "\(after.name)")
        }
    }

    @Test func `a number that can't be written is named, and no file appears`() throws {
        let folder = try TemporaryDirectory()
        var writer = GGUFWriter()
        try writer.add("blk.0.attn_q.weight", shape: [32, 2], floats: [Float](repeating: .infinity, count: 64))
        let file = QuantizeFile(try GGUFFile(bytes: try writer.encoded()), target: .q8_0)
        let error = #expect(throws: QuantizeFailure.self) {
            try file.write(to: folder.path + "/model.gguf", pool: WorkerPool(threadCount: 1))
        }
        #expect(try #require(error).description.contains("'blk.0.attn_q.weight': row 0"))
        #expect(folder.names().isEmpty)
    }

    private static func floats(_ tensor: StoredTensor) -> [Float] {
        var floats = [Float](repeating: 0, count: tensor.elementCount)
        withExtendedLifetime(tensor) {
            floats.withUnsafeMutableBufferPointer {
                WeightFormat(rawValue: tensor.type.rawValue)?.dequantize(tensor.bytes, into: $0)
            }
        }
        return floats
    }
}
