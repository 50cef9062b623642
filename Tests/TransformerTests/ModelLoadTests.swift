import ModelFiles
import Testing

@testable import Transformer

@Suite struct ModelLoadTests {
    static let llama = Fixture(name: "llama")

    private func loadError(_ file: GGUFFile) -> ModelLoadError? {
        do {
            _ = try Fixture.model(file)
            return nil
        } catch {
            return error as? ModelLoadError
        }
    }

    @Test func specsOfTheFamilies() throws {
        let llama = try Architectures.spec(of: .gguf(Fixture(name: "llama").file()))
        #expect(llama.layers.count == 2 && llama.embeddingLength == 64 && llama.vocabularySize == 256)
        #expect(!llama.hasTiedOutput && llama.contextLength == 2048)
        let qwen2 = try Architectures.spec(of: .gguf(Fixture(name: "qwen2").file()))
        #expect(qwen2.hasTiedOutput)
        let qwen3 = try Architectures.spec(of: .gguf(Fixture(name: "qwen3").file()))
        guard case .attention(let first) = llama.layers[0].mixer, case .rope(let rope) = first.position,
            case .attention(let second) = qwen2.layers[1].mixer, case .attention(let third) = qwen3.layers[0].mixer
        else {
            Issue.record("every layer has attention with rotation")
            return
        }
        #expect(first.headCount == 4 && first.keyValueHeadCount == 2 && first.headLength == 16)
        #expect(rope.layout == .adjacent && rope.base == 500)
        if case .perPair(let factors) = rope.scaling { #expect(factors.last == 8) } else { Issue.record("no factors") }
        #expect(second.hasInputBias && !second.hasOutputBias && second.queryKeyNorm == nil)
        #expect(
            second.position
                == .rope(RopeSpec(layout: .halves, dimensionCount: 16, base: 1000, scaling: .linear(factor: 2))))
        #expect(third.headLength == 24 && third.queryKeyNorm != nil && !third.hasInputBias)
    }

    @Test func unknownArchitecturesAreNamed() throws {
        let file = try Self.llama.file(setting: "general.architecture", to: .string("mamba\u{1B}[2J"))
        let error = try #require(loadError(file))
        #expect(
            error
                == .unknownArchitecture(
                    key: "general.architecture", "mamba\u{1B}[2J", known: Architectures.names))
        #expect(!error.description.contains("\u{1B}") && error.description.contains("mamba"))
    }

    static let counts = [
        "block_count", "embedding_length", "feed_forward_length", "context_length", "attention.head_count",
        "attention.head_count_kv", "attention.key_length", "attention.value_length", "rope.dimension_count",
        "attention.sliding_window",
    ]

    @Test(arguments: counts)
    func countsOutOfRangeAreRefused(key: String) throws {
        // No window is written as a window of 0.
        let zero = key == "attention.sliding_window" ? [] : [GGUFValue.uint32(0)]
        for value in zero + [.int32(-1), .int64(1 << 31), .int64(.max), .uint64(.max)] {
            let error = loadError(try Self.llama.file(setting: key, to: value))
            switch error {
            case .hyperparameter(let name, _), .file(.invalidValue(let name, _)), .unsupported(let name, _):
                #expect(name == "llama.\(key)")
            default: Issue.record("\(key) = \(value): \(String(describing: error))")
            }
        }
        let error = loadError(try Self.llama.file(setting: key, to: .string("4")))
        guard case .file(.wrongType(let name, _, _)) = error else {
            Issue.record("\(key) as a string: \(String(describing: error))")
            return
        }
        #expect(name == "llama.\(key)")
    }

    @Test(arguments: [
        "block_count", "embedding_length", "feed_forward_length", "context_length", "attention.head_count",
        "attention.layer_norm_rms_epsilon",
    ])
    func requiredKeys(key: String) throws {
        #expect(loadError(try Self.llama.file(setting: key, to: nil)) == .file(.missingKey("llama.\(key)")))
    }

    @Test(arguments: [
        ("attention.head_count_kv", GGUFValue.uint32(3)), ("attention.head_count", .uint32(3)),
        ("attention.key_length", .uint32(15)), ("rope.dimension_count", .uint32(18)),
        ("rope.dimension_count", .uint32(7)), ("attention.layer_norm_rms_epsilon", .float32(0)),
        ("rope.freq_base", .float32(-1)),
    ])
    func contradictionsAreRefused(key: String, value: GGUFValue) throws {
        guard case .hyperparameter = loadError(try Self.llama.file(setting: key, to: value)) else {
            Issue.record("\(key) = \(value)")
            return
        }
    }

    @Test(arguments: [
        ("attention.value_length", GGUFValue.uint32(32)), ("rope.scaling.type", .string("proportional")),
    ])
    func variationsThatAreNotThereAreRefused(key: String, value: GGUFValue) throws {
        let dropped = key.hasPrefix("rope") ? "rope_freqs.weight" : nil
        guard
            case .unsupported(let name, _) = loadError(try Self.llama.file(setting: key, to: value, dropping: dropped))
        else {
            Issue.record("\(key) = \(value)")
            return
        }
        #expect(name == "llama.\(key)")
    }

    @Test func everyTensorIsNeeded() throws {
        for fixture in Fixture.all {
            for name in try fixture.file().tensors.map(\.name) {
                let error = loadError(try fixture.file(dropping: name))
                switch name {
                case "rope_freqs.weight", "output.weight":
                    // Optional: without them the model is another one.
                    #expect(error == nil)
                case _ where name.hasSuffix("_norm.weight") && name.contains("attn_q"), _ where name.hasSuffix(".bias"):
                    // What is optional follows from one of the tensors, then the others are left over or missing.
                    #expect(error != nil)
                default: #expect(error == .missingTensor(name))
                }
            }
        }
    }

    @Test func tensorsOfAnotherShapeAreNamed() throws {
        let name = "blk.1.attn_k.weight"
        let file = try Self.llama.file(
            dropping: name, adding: [(name, [32, 64], [Float](repeating: 0, count: 2048))])
        #expect(loadError(file) == .tensorShape(name: name, expected: [64, 32], found: [32, 64]))
        let norm = "output_norm.weight"
        let other = try Self.llama.file(dropping: norm, adding: [(norm, [32], [Float](repeating: 1, count: 32))])
        #expect(loadError(other) == .tensorShape(name: norm, expected: [64], found: [32]))
        let embedding = "token_embd.weight"
        let flat = try Self.llama.file(
            dropping: embedding, adding: [(embedding, [64], [Float](repeating: 1, count: 64))])
        #expect(loadError(flat) == .tensorShape(name: embedding, expected: [64, 1], found: [64]))
    }

    @Test func tensorsThatNobodyUsesAreNamed() throws {
        let file = try Self.llama.file(adding: [("blk.2.attn_q.weight", [2], [0, 0])])
        #expect(loadError(file) == .unusedTensors(["blk.2.attn_q.weight"]))
    }

    @Test func ropeFactorsMustBePositive() throws {
        let name = "rope_freqs.weight"
        for factor in [Float.nan, 0, -1, .infinity] {
            let factors = [Float](repeating: 1, count: 7) + [factor]
            let file = try Self.llama.file(dropping: name, adding: [(name, [8], factors)])
            guard case .tensorType(name, _) = loadError(file) else {
                Issue.record("\(factor)")
                continue
            }
        }
    }
}
