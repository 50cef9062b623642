/// The names of tensors in GGUF files.
enum TensorNames {
    static let embedding = "token_embd.weight"
    static let outputNorm = "output_norm"
    static let output = "output.weight"
    static let ropeFactors = "rope_freqs.weight"

    /// The name of a part of a layer, without `.weight` or `.bias`.
    static func layer(_ index: Int, _ part: LayerPart) -> String { "blk.\(index).\(part.rawValue)" }

    enum LayerPart: String {
        case attentionNorm = "attn_norm"
        case query = "attn_q"
        case key = "attn_k"
        case value = "attn_v"
        case queryNorm = "attn_q_norm"
        case keyNorm = "attn_k_norm"
        case attentionOutput = "attn_output"
        case attentionOutputNorm = "post_attention_norm"
        case feedForwardNorm = "ffn_norm"
        case gate = "ffn_gate"
        case up = "ffn_up"
        case down = "ffn_down"
        case feedForwardOutputNorm = "post_ffw_norm"
    }
}
