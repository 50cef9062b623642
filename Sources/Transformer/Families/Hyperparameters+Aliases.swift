extension Hyperparameters {
    /// What `config.json` calls a hyperparameter, the likeliest name first; dots lead into objects.
    static let aliases: [String: [String]] = [
        "block_count": ["num_hidden_layers", "n_layer", "n_layers", "num_layers"],
        "embedding_length": ["hidden_size", "n_embd", "d_model", "dim"],
        "context_length": ["max_position_embeddings", "n_positions", "max_seq_len"],
        "feed_forward_length": ["intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size", "hidden_dim"],
        "activation": ["hidden_activation", "hidden_act", "activation_function", "activation"],
        "attention.head_count": ["num_attention_heads", "n_head", "n_heads"],
        "attention.head_count_kv": ["num_key_value_heads", "num_kv_heads", "n_head_kv"],
        "attention.key_length": ["head_dim"],
        "attention.layer_norm_epsilon": ["layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "norm_eps"],
        "attention.layer_norm_rms_epsilon": ["rms_norm_eps", "norm_eps"],
        "attention.sliding_window": ["sliding_window", "local_attention"],
        "attention.sliding_window_pattern": [
            "sliding_window_pattern", "_sliding_window_pattern", "global_attn_every_n_layers",
        ],
        "attention.scale": ["attention_multiplier", "attn_config.softmax_scale"],
        "attention.clamp_kqv": ["clip_qkv", "attn_config.clip_qkv"],
        "expert_count": ["num_local_experts", "num_experts"],
        "expert_used_count": ["num_experts_per_tok"],
        "expert_feed_forward_length": ["moe_intermediate_size"],
        "expert_shared_feed_forward_length": ["shared_expert_intermediate_size"],
        "expert_weights_norm": ["norm_topk_prob"],
        "embedding_scale": ["embedding_multiplier"],
        "residual_scale": ["residual_multiplier"],
        "logit_scale": ["logits_scaling", "logit_scale"],
        "rope.dimension_count": ["rotary_dim"],
        "rope.freq_base": rope("rope_theta") + ["rope_theta", "rotary_emb_base", "global_rope_theta"],
        "rope.freq_base_swa": [
            "rope_parameters.sliding_attention.rope_theta", "rope_local_base_freq", "local_rope_theta",
        ],
        "rope.dimension_fraction": rope("partial_rotary_factor") + ["partial_rotary_factor", "rotary_pct"],
        "rope.scaling.type": rope("rope_type") + rope("type"),
        // Beside the others it counts first.
        "rope.scaling.original_context_length":
            ["original_max_position_embeddings"] + rope("original_max_position_embeddings"),
    ].merging(scalings) { given, _ in given }

    /// Where the settings of the rotation are that are called alike in all files, and those of layers with a window.
    private static let scalings: [String: [String]] = {
        let names = [
            "type": "rope_type", "factor": "factor", "original_context_length": "original_max_position_embeddings",
            "attn_factor": "attention_factor", "yarn_beta_fast": "beta_fast", "yarn_beta_slow": "beta_slow",
            "mscale": "mscale", "mscale_all_dim": "mscale_all_dim",
            "low_freq_factor": "low_freq_factor", "high_freq_factor": "high_freq_factor",
            "short_factor": "short_factor", "long_factor": "long_factor",
        ]
        var scalings: [String: [String]] = [:]
        for (key, name) in names {
            scalings["rope.scaling.\(key)"] = rope(name)
            scalings["rope.local.scaling.\(key)"] = ["rope_parameters.sliding_attention.\(name)"]
        }
        // Where layers differ nobody looks for it.
        scalings["rope.scaling.truncate"] = ["rope_parameters.truncate", "rope_scaling.truncate"]
        scalings["rope.local.dimension_fraction"] = ["rope_parameters.sliding_attention.partial_rotary_factor"]
        return scalings
    }()

    /// The places of a setting of the rotation, in newer and older files; with several rotations, that of full attention.
    private static func rope(_ name: String) -> [String] {
        ["rope_parameters.full_attention.\(name)", "rope_parameters.\(name)", "rope_scaling.\(name)"]
    }
}
