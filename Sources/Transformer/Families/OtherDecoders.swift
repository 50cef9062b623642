import JSON

extension Architectures {
    static let otherDecoders: [Family] = [
        .decoder(
            gguf: ["starcoder2"], checkpoint: ["starcoder2"],
            names: .llama.with([.up: "mlp.c_fc", .down: "mlp.c_proj"])
        ) { _ in DecoderTraits(activation: .geluTanh, isGated: false, normKind: .layer) },
        .decoder(
            gguf: ["stablelm"], checkpoint: ["stablelm"],
            names: .llama.with([
                .queryNorm: "self_attn.q_layernorm.norms.@", .keyNorm: "self_attn.k_layernorm.norms.@",
            ]),
            defaults: ["rope.dimension_fraction": 0.25]
        ) { (model) throws(ModelLoadError) in
            let isParallel = try model.bool(ifPresent: "use_parallel_residual") ?? false
            return DecoderTraits(
                normKind: .layer, normPlacement: isParallel ? .parallel(sharesNorm: true) : .before,
                queryKeyNorm: .eachHead)
        },
        .decoder(gguf: ["olmo2"], checkpoint: ["olmo2"], names: .olmo2) { _ in
            DecoderTraits(normPlacement: .within, queryKeyNorm: .allHeads)
        },
        .decoder(gguf: ["olmoe"], checkpoint: ["olmoe"], names: .llama) { _ in
            DecoderTraits(queryKeyNorm: .allHeads)
        },
        .decoder(
            gguf: ["command-r"], checkpoint: ["cohere"], names: .llama, defaults: ["tie_word_embeddings": true]
        ) { _ in
            DecoderTraits(
                position: .rope(.adjacent), normKind: .layer, normPlacement: .parallel(sharesNorm: true),
                queryKeyNorm: .eachHead)
        },
    ]
}

extension TensorNaming {
    fileprivate static let olmo2 = llama.with([
        .attentionOutputNorm: "post_attention_layernorm", .feedForwardOutputNorm: "post_feedforward_layernorm",
    ])
}
