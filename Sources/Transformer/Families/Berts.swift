extension Family {
    /// An encoder with these traits.
    static func encoder(
        gguf ggufNames: [String] = [], checkpoint modelTypes: [String] = [], names: TensorNaming,
        ggufNaming: TensorNaming = .gguf, _ traits: EncoderTraits
    ) -> Family {
        Family(gguf: ggufNames, checkpoint: modelTypes, names: names, ggufNaming: ggufNaming) {
            (model) throws(ModelLoadError) in
            try Encoder(model, traits: traits).spec()
        }
    }
}

extension Architectures {
    /// BERT and its kin.
    static let berts: [Family] = [
        // GGUF has one name for the first three, because converters bring their tensors to one form.
        .encoder(gguf: ["bert"], checkpoint: ["bert"], names: .bert, EncoderTraits()).written(as: "bert"),
        .encoder(
            checkpoint: ["roberta", "xlm-roberta", "camembert"], names: .roberta,
            EncoderTraits(position: .learnedAfterPadding, maskedActivation: .gelu)
        )
        .written(as: "bert"),
        .encoder(checkpoint: ["distilbert"], names: .distilBert, EncoderTraits(labelActivation: .relu))
            .written(as: "bert"),
        .encoder(
            checkpoint: ["albert"], names: .albert,
            EncoderTraits(activation: .geluTanh, projectsEmbeddingLast: true, groupCount: 1)),
        .encoder(
            checkpoint: ["mpnet"], names: .mpNet,
            EncoderTraits(position: .learnedAndDistances, maskedActivation: .gelu)),
        .encoder(
            gguf: ["nomic-bert"], checkpoint: ["nomic_bert"], names: .nomicBert,
            EncoderTraits(
                position: .rope(base: 1000), activation: .silu, isGated: true,
                refused: ["prenorm", "use_rms_norm", "rotary_emb_interleaved", "causal"])
        )
        .written(as: "nomic-bert", naming: .ggufFused),
        .encoder(
            gguf: ["modern-bert"], checkpoint: ["modernbert"], names: .modernBert, ggufNaming: .ggufModernBert,
            EncoderTraits(
                position: .ropeWithWindows(base: 160_000, localBase: 10_000), normPlacement: .before,
                normEpsilon: 1e-5, isGated: true, skipsFirstNorm: true, labelActivation: .gelu, labelPooling: .mean)
        )
        .written(as: "modern-bert", keys: [.activation], naming: .ggufFused.with(TensorNaming.ggufExpansion)),
    ]
}
