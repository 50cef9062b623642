import JSON
import ModelFiles
import TestSupport
import Testing

@Suite struct CheckpointTests {
    @Test func `a checkpoint offers the tensors of all its shards`() throws {
        let folder = try TemporaryDirectory()
        try folder.write("config.json", #"{"model_type": "llama"}"#)
        try folder.write(
            "a.safetensors",
            RawSafetensors.file([.init("x", "F32", [2, 3], data: RawSafetensors.floats([0, 1, 2, 3, 4, 5]))]))
        try folder.write("b.safetensors", RawSafetensors.file([.init("y", "F16", [2], data: [0, 0x3C, 0, 0x40])]))
        try folder.write(
            "model.safetensors.index.json", #"{"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}}"#)
        guard case .checkpoint(let checkpoint) = try ModelSource.open(path: folder.path) else {
            Issue.record("not a checkpoint")
            return
        }
        #expect(checkpoint.configuration["model_type"] == "llama")
        #expect(checkpoint.tensor("x")?.shape == [3, 2])
        #expect(checkpoint.tensor("y")?.type == .f16)
        #expect(checkpoint.tensors.count == 2)
    }
}
