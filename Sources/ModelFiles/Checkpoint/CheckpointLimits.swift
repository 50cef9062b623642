/// Bounds on the text files of a checkpoint.
enum CheckpointLimits {
    /// Bytes of a settings file. Classifiers with a thousand labels have 100 KB.
    static let settingsByteCount = 16 << 20
    /// Bytes of `tokenizer.json`. Vocabularies of a quarter of a million tokens have 35 MB.
    static let tokenizerByteCount = 256 << 20
    /// Bytes of `model.safetensors.index.json`. 50,000 tensors have 5 MB.
    static let indexByteCount = 64 << 20
    /// Bytes of a chat template.
    static let templateByteCount = 1 << 20
    /// Files that hold the tensors. The largest models have two hundred.
    static let shardCount = 10_000
    /// How deep objects may nest.
    static let depth = 64
}
