public import ModelFiles
import Tokenization
import Transformer

/// A Hugging Face folder as a GGUF file.
public struct CheckpointConversion {
    private let form: GGUFForm
    private let writer: GGUFWriter

    /// Gathers what the file will hold; reads no tensors.
    ///
    /// - Parameter name: What the model is called, `general.name`.
    /// - Throws: an error that names what GGUF, or this version, has no form for.
    public init(_ checkpoint: Checkpoint, name: String) throws {
        let stages = checkpoint.sentenceModules?.modules.map(\.type) ?? []
        if let stage = stages.first(where: { !["Transformer", "Pooling", "Normalize"].contains($0) }) {
            throw UnsupportedStage(type: stage, reason: "has no form in GGUF files")
        }
        form = try GGUFForm(checkpoint)
        var writer = GGUFWriter()
        writer["general.architecture"] = .string(form.architecture)
        writer["general.name"] = .string(name)
        for (key, value) in form.metadata { writer[key] = value }
        let text = try ModelText(.checkpoint(checkpoint))
        try writer.set(text.vocabulary(rowCount: form.vocabularySize))
        writer["tokenizer.chat_template"] = text.chatTemplate.map { .string($0) }
        for (name, template) in text.namedChatTemplates.sorted(by: { $0.key < $1.key }) {
            writer["tokenizer.chat_template.\(name)"] = .string(template)
        }
        for tensor in form.tensors {
            try writer.add(tensor.name, tensor.type, shape: tensor.shape, producing: tensor.bytes)
        }
        self.writer = writer
    }

    /// Writes the file, with matrices in the types of the folder, and reads its settings again: one that would say
    /// anything else than the folder is an error.
    public func write(to path: String) throws {
        try writer.write(to: path)
        try form.check(try GGUFFile(path: path))
    }
}
