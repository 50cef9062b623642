import Foundation
import ModelFiles
import Testing

@testable import Transformer

/// Folders that aren't what they say are refused by the name of what is wrong, as their files spell it.
@Suite struct CheckpointLoadTests {
    /// What loading a fixture's checkpoint gives after a change.
    private func loadError(
        _ fixture: String = "llama", settings: (inout [String: Any]) -> Void = { _ in },
        tensors change: (inout [String: [String: Any]]) -> Void = { _ in }
    ) throws -> ModelLoadError? {
        let source = URL(filePath: try Fixture.directory() + "/Families/\(fixture)/checkpoint")
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let json = try Data(contentsOf: source.appending(path: "config.json"))
        var values = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        settings(&values)
        try JSONSerialization.data(withJSONObject: values).write(to: folder.appending(path: "config.json"))
        let file = try changed(Data(contentsOf: source.appending(path: "model.safetensors")), change)
        try file.write(to: folder.appending(path: "model.safetensors"))
        do {
            _ = try FamilyFixture.load(.open(path: folder.path()))
            return nil
        } catch {
            return error as? ModelLoadError
        }
    }

    /// A file with another header, whose tensors lie one after another again.
    private func changed(_ file: Data, _ change: (inout [String: [String: Any]]) -> Void) throws -> Data {
        let length = file.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
        let body = file.dropFirst(8 + length)
        var header = try #require(
            try JSONSerialization.jsonObject(with: file.dropFirst(8).prefix(length)) as? [String: [String: Any]])
        header["__metadata__"] = nil
        change(&header)
        var data = Data()
        for name in header.keys.sorted() {
            let offsets = try #require(header[name]?["data_offsets"] as? [Int])
            header[name]?["data_offsets"] = [data.count, data.count + offsets[1] - offsets[0]]
            data += body.dropFirst(offsets[0]).prefix(offsets[1] - offsets[0])
        }
        let text = try JSONSerialization.data(withJSONObject: header)
        let size = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        return Data(size) + text + data
    }

    @Test func theFixtureItselfLoads() throws {
        #expect(try loadError() == nil)
    }

    @Test(arguments: [
        "model.layers.1.mlp.up_proj.weight", "model.norm.weight", "model.layers.0.self_attn.k_proj.weight",
        "lm_head.weight", "model.embed_tokens.weight",
    ])
    func missingTensorsAreNamed(name: String) throws {
        #expect(try loadError(tensors: { $0[name] = nil }) == .missingTensor(name))
    }

    @Test func partsOfFusedAndExpertTensorsAreNamed() throws {
        let fused = "model.layers.0.self_attn.qkv_proj.weight"
        #expect(try loadError("phi3", tensors: { $0[fused] = nil }) == .missingTensor(fused))
        let expert = "model.layers.1.block_sparse_moe.experts.2.w3.weight"
        #expect(try loadError("mixtral", tensors: { $0[expert] = nil }) == .missingTensor(expert))
        let stack = "model.layers.1.mlp.experts.down_proj"
        let other = "model.layers.1.mlp.experts.0.down_proj.weight"
        #expect(try loadError("qwen3moe-stacked", tensors: { $0[stack] = nil }) == .missingTensor(other))
        let bias = "transformer.h.1.self_attention.query_key_value.bias"
        #expect(try loadError("bloom", tensors: { $0[bias] = nil }) == .missingTensor(bias))
    }

    @Test func surplusTensorsAreNamed() throws {
        let name = "model.layers.0.self_attn.k_norm.weight"
        let error = try loadError(tensors: { $0[name] = $0["model.norm.weight"] })
        #expect(error == .unusedTensors([name]))
    }

    @Test func harmlessBuffersMayBeLeftOver() throws {
        let name = "model.layers.0.self_attn.rotary_emb.inv_freq"
        #expect(try loadError(tensors: { $0[name] = $0["model.norm.weight"] }) == nil)
    }

    /// Parts that see are left out by the names of what they are; anything else that is left over stays an error.
    @Test func onlyPartsThatSeeAreLeftOut() throws {
        let norm = "language_model.model.norm.weight"
        for (surplus, isHarmless) in [
            ("vision_tower.more.weight", true), ("multi_modal_projector.more", true), ("audio_tower.weight", false),
            ("language_model.more.weight", false), ("language_model.model.layers.0.more.weight", false),
        ] {
            let error = try loadError("gemma3-vision", tensors: { $0[surplus] = $0[norm] })
            #expect(error == (isHarmless ? nil : .unusedTensors([surplus])))
        }
        // Of a model that doesn't see they are surplus.
        let name = "vision_tower.more.weight"
        #expect(try loadError(tensors: { $0[name] = $0["model.norm.weight"] }) == .unusedTensors([name]))
    }

    @Test func partsOfOtherFamiliesAreRefused() throws {
        let error = try loadError(
            "mistral3",
            settings: { values in
                if var text = values["text_config"] as? [String: Any] {
                    text["model_type"] = "ministral3"
                    values["text_config"] = text
                }
            })
        #expect("\(try #require(error))".contains("text_config.model_type"))
    }

    @Test func settingsOfAPartAreNamedWithIt() throws {
        // What the library's configuration has.
        let heads = try loadError(
            "gemma3-vision",
            settings: { values in
                if var text = values["text_config"] as? [String: Any] {
                    text["num_attention_heads"] = nil
                    values["text_config"] = text
                }
            })
        let name = "language_model.model.layers.0.self_attn.q_proj.weight"
        #expect(heads == .tensorShape(name: name, expected: [32, 96], found: [32, 48]))
        #expect(try loadError("mistral3", settings: { $0["text_config"] = nil }) == .file(.missingKey("text_config")))
        let error = try loadError(
            "mistral3",
            settings: { values in
                if var text = values["text_config"] as? [String: Any] {
                    text["hidden_size"] = nil
                    values["text_config"] = text
                }
            })
        #expect(error == .file(.missingKey("text_config.hidden_size")))
        let output = "lm_head.weight"
        #expect(try loadError("mistral3", tensors: { $0[output] = nil }) == .missingTensor(output))
    }

    @Test func tensorsOfAnotherShapeAreNamed() throws {
        let name = "model.layers.0.mlp.down_proj.weight"
        let error = try loadError(tensors: { header in
            if let shape = header[name]?["shape"] as? [Int] { header[name]?["shape"] = Array(shape.reversed()) }
        })
        guard case .tensorShape(name, let expected, let found) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(expected == found.reversed())
    }

    /// Gates and ups of other experts would fit as well.
    @Test func stacksOfExpertsHaveExactlyTheirShape() throws {
        let shapes = [("gate_up_proj", [4, 32, 48]), ("gate_up_proj", [2, 96, 32]), ("down_proj", [4, 24, 32])]
        for (name, shape) in shapes {
            let tensor = "model.layers.0.mlp.experts.\(name)"
            let error = try loadError("olmoe-stacked", tensors: { $0[tensor]?["shape"] = shape })
            guard case .tensorShape(tensor, _, shape.reversed()) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func settingsAreNamedAsTheFileSpellsThem() throws {
        let unknown = try loadError(settings: { $0["model_type"] = "mamba" })
        #expect(
            unknown == .unknownArchitecture(key: "model_type", "mamba", known: Architectures.modelTypes))
        #expect(try loadError(settings: { $0["hidden_size"] = nil }) == .file(.missingKey("hidden_size")))
        let cases: [(String, Any)] = [
            ("num_hidden_layers", 0), ("num_attention_heads", 1 << 40), ("rms_norm_eps", -1), ("hidden_size", "32"),
            ("hidden_act", "softplus"),
        ]
        for (key, value) in cases {
            switch try loadError(settings: { $0[key] = value }) {
            case .hyperparameter(key, _), .unsupported(key, _), .file(.wrongType(key, _, _)): break
            case let error: Issue.record("\(key): \(String(describing: error))")
            }
        }
    }

    /// Each is a model that this isn't, and the name is the one to look for in the file.
    @Test func variationsThatAreNotThereAreNamed() throws {
        let cases: [(fixture: String, key: String, value: Any)] = [
            ("gemma3", "use_bidirectional_attention", true), ("gemma2", "layer_types", ["full_attention", "chunked"]),
            ("bloom", "apply_residual_connection_post_layernorm", true), ("albert", "inner_group_num", 2),
            ("mpnet", "relative_attention_num_buckets", 64), ("roberta", "pad_token_id", 65),
            ("llama", "head_dim", 7), ("modernbert", "layer_types", ["full_attention"]),
            ("phi2", "partial_rotary_factor", 0.9),
        ]
        for (fixture, key, value) in cases {
            switch try loadError(fixture, settings: { $0[key] = value }) {
            case .hyperparameter(key, _), .unsupported(key, _): break
            case let error: Issue.record("\(fixture), \(key): \(String(describing: error))")
            }
        }
        let scaling: [String: Any] = ["rope_type": "yarn", "factor": 1e30]
        guard
            case .hyperparameter("rope_scaling.factor", _) = try loadError(settings: {
                $0["rope_parameters"] = nil
                $0["rope_scaling"] = scaling
            })
        else {
            Issue.record("a factor whose inverse is nothing")
            return
        }
    }

    /// `null` says that there is none, where nothing said means what the family's first library means by it.
    @Test func nothingIsSomethingElseThanNull() throws {
        func windows(_ value: Any?) throws -> [Int?] {
            let source = URL(filePath: try Fixture.directory() + "/Families/mistral/checkpoint")
            let json = try Data(contentsOf: source.appending(path: "config.json"))
            var values = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
            values["sliding_window"] = value
            let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
            try FileManager.default.copyItem(at: source, to: folder)
            defer { try? FileManager.default.removeItem(at: folder) }
            try JSONSerialization.data(withJSONObject: values).write(to: folder.appending(path: "config.json"))
            return try Architectures.spec(of: .open(path: folder.path())).attentions.map(\.window)
        }
        #expect(try windows(8) == [8, 8])
        #expect(try windows(nil) == [4096, 4096])
        #expect(try windows(NSNull()) == [nil, nil])
    }
}
