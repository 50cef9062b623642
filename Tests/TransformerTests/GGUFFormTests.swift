import ModelFiles
import Testing

@testable import Transformer

/// A checkpoint written as a GGUF file is the same model.
@Suite struct GGUFFormTests {
    private static let names = [
        "llama", "llama-bias", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "olmo2", "starcoder2",
        "smollm3",
    ]

    private func checkpoint(_ name: String) throws -> Checkpoint {
        try Checkpoint(directory: try Fixture.directory() + "/Families/\(name)/checkpoint")
    }

    private func file(_ form: GGUFForm) throws -> GGUFFile {
        var writer = GGUFWriter()
        writer["general.architecture"] = .string(form.architecture)
        for (key, value) in form.metadata { writer[key] = value }
        for tensor in form.tensors {
            try writer.add(tensor.name, tensor.type, shape: tensor.shape, producing: tensor.bytes)
        }
        return try GGUFFile(bytes: try writer.encoded())
    }

    @Test(arguments: names) func logitsStayTheSame(name: String) throws {
        let checkpoint = try checkpoint(name), form = try GGUFForm(checkpoint), file = try file(form)
        try form.check(file)
        let tokens = sampleTokens(30, seed: 3).map { $0 % 128 }
        let original = try FamilyFixture.load(.checkpoint(checkpoint)).logits(of: tokens)
        let written = try FamilyFixture.load(.gguf(file)).logits(of: tokens)
        let difference = zip(original, written).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
        // Rotated pairs lie elsewhere, so sums have another order.
        #expect(difference < 1e-4 * (original.map(abs).max() ?? 0))
    }

    @Test func anEncoderStaysOne() throws {
        let checkpoint = try checkpoint("bert"), form = try GGUFForm(checkpoint)
        let file = try file(form)
        try form.check(file)
        #expect(file.tensors.allSatisfy { !$0.name.hasPrefix("cls") }, "what BERT was trained with is left out")
    }

    @Test func whatGGUFCannotSayIsRefused() throws {
        #expect { try GGUFForm(try checkpoint("gptneox")) } throws: { error in
            "\(error)".contains("model_type") && "\(error)".contains("gpt_neox")
        }
        // The factors of llama 3's rotation are a tensor of their own.
        let form = try GGUFForm(try checkpoint("llama-llama3"))
        #expect(form.tensors.contains { $0.name == "rope_freqs.weight" })
    }
}
