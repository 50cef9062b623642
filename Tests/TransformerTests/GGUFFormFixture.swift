import ModelFiles
import Testing

@testable import Transformer

extension FamilyFixture {
    /// Fixtures whose checkpoints GGUF has no form for, with a part of the reason that is given.
    static let refusedAsGGUF: [String: String] = [
        "opt": "no form for opt", "opt-350m": "no form for opt",
        // Its positions are told by ALiBi, which falcon files can't say.
        "falcon-rw": "positions",
        // No layers but every fourth are without rotation in smollm3 files.
        "smollm3-window": "positions",
        // By the length of a head.
        "gemma3-linear": "attention scale", "gemma3-vision": "attention scale",
        "albert": "no form for albert", "albert-groups": "no form for albert", "albert-classes": "no form for albert",
        "albert-masked": "no form for albert", "mpnet": "no form for mpnet", "mpnet-classes": "no form for mpnet",
        "mpnet-masked": "no form for mpnet",
        "bert-relu": "feed-forward",
        // Its head has another activation.
        "distilbert-classes": "head",
        // GGUF has no tensors for what finds masked tokens.
        "bert-masked": "cls.predictions.transform", "bert-masked-old": "cls.predictions.transform",
        "bert-masked-untied": "cls.predictions.transform", "roberta-masked": "lm_head.dense",
        "distilbert-masked": "vocab_transform", "nomic-bert-masked": "cls.predictions.transform",
        "modernbert-masked": "head.dense", "modernbert-biased": "head.dense",
    ]

    static let writtenDecoders = decoders.filter { refusedAsGGUF[$0.name] == nil }
    static let writtenEncoders = encoders.filter { refusedAsGGUF[$0.name] == nil }
    static let refused = manifest.fixtures.filter { refusedAsGGUF[$0.name] != nil }

    func checkpoint() throws -> Checkpoint {
        try Checkpoint(directory: try Fixture.directory() + "/Families/\(name)/checkpoint")
    }

    /// The checkpoint as a GGUF file in memory, checked.
    func written() throws -> GGUFFile {
        let form = try GGUFForm(try checkpoint()), file = try form.file()
        try form.check(file)
        return file
    }
}

extension GGUFForm {
    func file() throws -> GGUFFile {
        var writer = GGUFWriter()
        writer["general.architecture"] = .string(architecture)
        for (key, value) in metadata { writer[key] = value }
        for tensor in tensors {
            try writer.add(tensor.name, tensor.type, shape: tensor.shape, producing: tensor.bytes)
        }
        return try GGUFFile(bytes: try writer.encoded())
    }
}
