/// How a model lies on disk.
public enum ModelFormat: String, Sendable {
    /// One `.gguf` file.
    case gguf
    /// A directory with `config.json`, tokenizer files and safetensors weights, as on Hugging Face.
    case huggingFace = "hugging-face"
}
