import JSON
public import ModelFiles
import Tokenization
import Transformer

/// A Hugging Face folder as a GGUF file.
public struct CheckpointConversion {
    /// What the file can't say although nobody's results hang on it, for people to read.
    public private(set) var notes: [String] = []
    private let form: GGUFForm
    private let writer: GGUFWriter

    /// Gathers what the file will hold; reads no tensors.
    ///
    /// - Parameter name: What the model is called, `general.name`.
    /// - Throws: an error that names what GGUF, or this version, has no form for.
    public init(_ checkpoint: Checkpoint, name: String) throws {
        try Self.refuseStages(checkpoint.sentenceModules)
        form = try GGUFForm(checkpoint)
        try Self.refuseActivation(checkpoint, labelCount: form.labelCount)
        var writer = GGUFWriter()
        writer["general.architecture"] = .string(form.architecture)
        writer["general.name"] = .string(name)
        for (key, value) in checkpoint.generation.sampling.ggufEntries { writer[key] = value }
        for (key, value) in form.metadata { writer[key] = value }
        let text = try ModelText(.checkpoint(checkpoint))
        let (vocabulary, tokenizerFile) = try text.ggufForm(rowCount: form.vocabularySize)
        writer.set(vocabulary)
        // What other readers make of the keys differs in spaces; this is what GGUF has for those who want it exact.
        writer["tokenizer.huggingface.json"] = tokenizerFile.map { .string($0) }
        writer["tokenizer.chat_template"] = text.chatTemplate.map { .string($0) }
        for (name, template) in text.namedChatTemplates.sorted(by: { $0.key < $1.key }) {
            writer["tokenizer.chat_template.\(name)"] = .string(template)
        }
        for tensor in form.tensors {
            try writer.add(tensor.name, tensor.type, shape: tensor.shape, producing: tensor.bytes)
        }
        self.writer = writer
        if tokenizerFile != nil {
            notes.append(
                "other programs may take spaces, or two texts together, otherwise than tokenizer.json, which is in the file"
            )
        }
        let longest = checkpoint.sentenceModules?.configuration?["max_seq_length"]?.integerValue
        if let longest, longest > 0, longest < form.contextLength {
            notes.append("texts are cut at \(form.contextLength) tokens, not at max_seq_length, \(longest)")
        }
    }

    /// Refuses what a vector would pass after its pooling, and what it must not.
    private static func refuseStages(_ modules: SentenceModules?) throws(UnsupportedStage) {
        let stages = modules?.modules.map(\.type) ?? []
        if let stage = stages.first(where: { !["Transformer", "Pooling", "Normalize"].contains($0) }) {
            throw UnsupportedStage(type: stage, reason: "has no form in GGUF files")
        }
        guard !stages.contains("Pooling") || stages.contains("Normalize") else {
            throw UnsupportedStage(
                type: "Pooling", reason: "has no Normalize behind it, but vectors of GGUF files are scaled to length 1")
        }
    }

    /// Refuses classifiers whose numbers become something else than readers of the file make of them.
    private static func refuseActivation(_ checkpoint: Checkpoint, labelCount: Int?) throws {
        guard let labelCount else { return }
        let activation = try TextAbilities.Classifier(labelCount, of: .checkpoint(checkpoint)).activation
        guard activation == .standard(labelCount: labelCount) else {
            throw UnsupportedActivation(activation: activation)
        }
    }

    /// Writes the file, with matrices in the types of the folder, and reads its settings again: one that would say
    /// anything else than the folder is an error.
    public func write(to path: String) throws {
        try writer.write(to: path)
        try form.check(try GGUFFile(path: path))
    }
}

/// A classifier whose numbers GGUF files have no way to describe.
struct UnsupportedActivation: Error, CustomStringConvertible {
    var activation: TextAbilities.Classifier.Activation
    var description: String {
        "config.json makes probabilities of a classifier's numbers by '\(activation)', which GGUF files can't say"
    }
}
