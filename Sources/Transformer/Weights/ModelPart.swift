/// A part of a model that has weights, whatever a file calls it.
///
/// The raw values are the names in GGUF files, without `.weight` or `.bias`; where GGUF knows none they are made in
/// its style.
enum ModelPart: String, Hashable, CaseIterable {
    case embedding = "token_embd"
    case embeddingProjection = "token_embd_proj"
    case embeddingNorm = "token_embd_norm"
    case positions = "position_embd"
    case tokenTypes = "token_types"
    case outputNorm = "output_norm"
    case headTransform = "output_transform"
    case headNorm = "output_transform_norm"
    case output = "output"
    case classifierTransform = "cls"
    case classifierNorm = "cls.norm"
    case classifier = "cls.output"
    case distanceBiases = "distance_bias"
    case ropeFactors = "rope_freqs"
    case ropeFactorsShort = "rope_factors_short"
    case ropeFactorsLong = "rope_factors_long"

    case attentionNorm = "attn_norm"
    case query = "attn_q"
    case key = "attn_k"
    case value = "attn_v"
    case queryNorm = "attn_q_norm"
    case keyNorm = "attn_k_norm"
    case attentionOutput = "attn_output"
    /// Of the attention's result, before it is added.
    case attentionOutputNorm = "post_attention_norm"
    /// Of the hidden state, after it was added.
    case attentionSumNorm = "attn_output_norm"
    case feedForwardNorm = "ffn_norm"
    case gate = "ffn_gate"
    case up = "ffn_up"
    case down = "ffn_down"
    case feedForwardOutputNorm = "post_ffw_norm"
    case feedForwardSumNorm = "layer_output_norm"
    case router = "ffn_gate_inp"
    case expertGate = "ffn_gate_exps"
    case expertUp = "ffn_up_exps"
    case expertDown = "ffn_down_exps"
    case sharedRouter = "ffn_gate_inp_shexp"
    case sharedGate = "ffn_gate_shexp"
    case sharedUp = "ffn_up_shexp"
    case sharedDown = "ffn_down_shexp"

    /// Whether GGUF files have a name for it.
    var isOfGGUF: Bool {
        switch self {
        case .embeddingProjection, .headTransform, .headNorm, .distanceBiases: false
        default: true
        }
    }

    /// Whether GGUF files hold it as F32, because it is small and an error in it touches every number.
    var isSmall: Bool {
        switch self {
        case .positions, .tokenTypes, .router, .sharedRouter, .queryNorm, .keyNorm: true
        default: false
        }
    }

    /// Whether every layer has one of its own.
    var isOfLayer: Bool {
        switch self {
        case .embedding, .embeddingProjection, .embeddingNorm, .positions, .tokenTypes, .outputNorm, .headTransform,
            .headNorm, .output, .classifierTransform, .classifierNorm, .classifier, .distanceBiases, .ropeFactors,
            .ropeFactorsShort, .ropeFactorsLong:
            false
        default: true
        }
    }
}

/// Where the weights of one part are.
struct TensorReading: ExpressibleByStringLiteral {
    /// Without `.weight`; `@` stands for the number of an expert or a head that has a tensor of its own.
    var name: String
    /// Parts that share the tensor, one below the other; empty when it holds one alone.
    var fused: [ModelPart] = []
    /// Whether fused parts alternate for each key-value head.
    var alternates = false
    /// Whether inputs are rows, rather than outputs.
    var isTransposed = false
    /// What is added to each weight.
    var offset: Float = 0
    /// Whether the name stands by itself, without what the others begin with.
    var isOutside = false
    /// Whether the tensor holds all experts, one above the other, under a name without `.weight`.
    var isStacked = false
    /// Whether weights and biases of a norm are called gamma and beta, as they are in files from TensorFlow.
    var hasGreekEndings = false

    init(stringLiteral name: String) { self.name = name }
    init(_ name: String) { self.name = name }

    static func fused(_ name: String, _ parts: [ModelPart], alternates: Bool = false) -> TensorReading {
        var reading = TensorReading(stringLiteral: name)
        reading.fused = parts
        reading.alternates = alternates
        return reading
    }

    static func outside(_ reading: TensorReading) -> TensorReading {
        var reading = reading
        reading.isOutside = true
        return reading
    }

    /// All experts one above the other in a tensor of three axes; each holds these parts one below the other.
    static func stacked(_ name: String, _ parts: [ModelPart]) -> TensorReading {
        var reading = TensorReading.fused(name, parts)
        reading.isStacked = true
        return reading
    }

    /// A norm with weights that are called gamma, and biases that are called beta.
    static func beta(_ name: String) -> TensorReading {
        var reading = TensorReading(name)
        reading.hasGreekEndings = true
        return reading
    }

    /// The same with rows and columns exchanged.
    var transposed: TensorReading {
        var reading = self
        reading.isTransposed = true
        return reading
    }

    /// The same with 1 added to each weight.
    var plusOne: TensorReading {
        var reading = self
        reading.offset = 1
        return reading
    }
}
