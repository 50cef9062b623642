public import JSON

/// A model as a folder of the form in which Hugging Face keeps it: settings in JSON files, tensors in safetensors
/// files.
///
/// When `init` returns, every file of tensors has passed the checks of ``SafetensorsFile``, each tensor is in exactly
/// one of them and, when there is an index, where the index says. What the settings mean is checked by whoever uses
/// them.
public final class Checkpoint: Sendable {
    /// The folder.
    public let path: String
    /// `config.json`: the architecture and its hyperparameters.
    public let configuration: JSONValue
    /// Which tokens end a text, and what the authors recommend for sampling.
    public let generation: GenerationSettings
    /// `tokenizer_config.json`; nil without the file.
    public let tokenizerConfiguration: JSONValue?
    /// The chat template, from a file of its own or from the tokenizer's settings; see ``ChatTemplates``.
    public let chatTemplates: ChatTemplates
    /// What sentence-transformers does around the model; nil when the folder has no `modules.json`.
    public let sentenceModules: SentenceModules?
    /// The files of tensors, in the order of their names.
    public let files: [SafetensorsFile]
    /// The tensors of all files.
    public let tensors: [StoredTensor]
    private let indices: [String: Int]
    private let folder: CheckpointFolder

    /// Opens and validates a folder.
    ///
    /// Reads the settings and the headers of the tensor files; the tensors' bytes come into memory when they are
    /// touched.
    public init(directory: String) throws(ModelFileError) {
        let folder = CheckpointFolder(path: directory)
        guard let configuration = try folder.json("config.json") else {
            throw .notRecognised(reason: "the folder has no config.json, so it isn't a model checkpoint")
        }
        try Self.refuseQuantized(configuration)
        path = directory
        self.folder = folder
        self.configuration = configuration
        generation = try GenerationSettings(
            try folder.json("generation_config.json"), configuration: configuration)
        let tokenizerConfiguration = try folder.json("tokenizer_config.json")
        self.tokenizerConfiguration = tokenizerConfiguration
        chatTemplates = try ChatTemplates(folder, tokenizerConfiguration: tokenizerConfiguration)
        sentenceModules = try SentenceModules(folder)
        files = try CheckpointShards.open(folder)
        tensors = files.flatMap(\.tensors)
        indices = Dictionary(uniqueKeysWithValues: zip(tensors.map(\.name), tensors.indices))
    }

    /// The tensor of that name, whichever file has it.
    public func tensor(_ name: String) -> StoredTensor? {
        indices[name].map { tensors[$0] }
    }

    /// The bytes of `tokenizer.json`, or nil when there is none. Read anew at each call: they are of use only once.
    public func tokenizerFile() throws(ModelFileError) -> [UInt8]? {
        try folder.bytes("tokenizer.json", limit: CheckpointLimits.tokenizerByteCount)
    }

    /// Whether the folder has `tokenizer.model`, a tokeniser in the form that came before `tokenizer.json`.
    public var hasSentencePieceFile: Bool { folder.contains("tokenizer.model") }

    /// Starts to read the tensors in the background; returns at once.
    public func prefetch() { files.forEach { $0.prefetch() } }

    public var fileByteCount: Int { files.reduce(0) { $0 + $1.fileByteCount } }

    /// Formats of quantised weights inside safetensors each have rules of their own, and none is read here.
    private static func refuseQuantized(_ configuration: JSONValue) throws(ModelFileError) {
        guard let settings = configuration["quantization_config"], !settings.isNull else { return }
        let method = settings["quant_method"]?.stringValue ?? "an unnamed method"
        throw .unsupported(
            reason: "config.json: the weights are quantised (quantization_config: \(quoted(method))); use the original "
                + "checkpoint in F32, F16 or BF16, or a GGUF file")
    }
}
