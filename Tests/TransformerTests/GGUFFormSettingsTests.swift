import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import Transformer

/// Settings that no fixture has survive the way into a GGUF file, or are refused by name.
@Suite struct GGUFFormSettingsTests {
    /// The written file of a fixture with other settings; `null` takes one away.
    private func written(_ fixture: String, _ settings: String) throws -> (spec: ModelSpec, file: GGUFFile) {
        let folder = try TemporaryDirectory(), target = URL(filePath: folder.path)
        let source = URL(filePath: try Fixture.directory() + "/Families/\(fixture)/checkpoint")
        for name in try FileManager.default.contentsOfDirectory(atPath: source.path) {
            try FileManager.default.copyItem(at: source.appending(path: name), to: target.appending(path: name))
        }
        let path = target.appending(path: "config.json")
        var values = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any])
        let changes = try #require(try JSONSerialization.jsonObject(with: Data(settings.utf8)) as? [String: Any])
        values.merge(changes) { _, new in new }
        try JSONSerialization.data(withJSONObject: values).write(to: path)
        let checkpoint = try Checkpoint(directory: folder.path), form = try GGUFForm(checkpoint)
        let file = try withExtendedLifetime(folder) { try form.file() }
        try form.check(file)
        return (try Architectures.spec(of: .checkpoint(checkpoint)), file)
    }

    @Test func yarnWithAFactorOfItsOwn() throws {
        let rope = #"{"rope_type": "yarn", "rope_theta": 1000, "factor": 4, "attention_factor": 1.3}"#
        let (spec, file) = try written("llama", #"{"rope_parameters": \#(rope)}"#)
        let original = try #require(spec.attentions[0].rope)
        let found = try #require(Architectures.spec(of: file).attentions[0].rope)
        #expect(original.magnitude == 1.3 && abs(found.magnitude - 1.3) < 1e-6)
        #expect(found.scaling == original.scaling && file.tensor("rope_freqs.weight") == nil)
        let uncut = #"{"rope_type": "yarn", "rope_theta": 1000, "factor": 4, "truncate": false}"#
        #expect { try written("llama", #"{"rope_parameters": \#(uncut)}"#) } throws: { "\($0)".contains("positions") }
    }

    @Test(
        arguments: [
            ("gemma3", [true, false, false, true, true, true], nil),
            ("gemma3", [true, true, false, true, true, false], 3),
            ("cohere2", [true, true, true, false], 4), ("cohere2", [false, true, true, true], nil),
        ] as [(String, [Bool], Int?)])
    func windowsInSomeLayers(fixture: String, areLocal: [Bool], period: Int?) throws {
        let kinds = areLocal.map { $0 ? #""sliding_attention""# : #""full_attention""# }
        let (spec, file) = try written(fixture, #"{"layer_types": [\#(kinds.joined(separator: ", "))]}"#)
        #expect(spec.attentions.map { $0.window != nil } == areLocal)
        let key = "\(fixture).attention.sliding_window_pattern"
        if let period {
            #expect(try file.metadata.integer(ifPresent: key) == period)
        } else {
            #expect(try file.metadata.bools(ifPresent: key) == areLocal)
        }
    }

    @Test func numbersOfFamilies() throws {
        let granite = try written("granite", #"{"logits_scaling": 3.3, "residual_multiplier": 0.22}"#).file.metadata
        #expect(try granite.float("granite.logit_scale") == 3.3 && granite.float("granite.residual_scale") == 0.22)
        let experts = try written("qwen3moe", #"{"norm_topk_prob": false}"#).file.metadata
        #expect(try experts.bool("qwen3moe.expert_weights_norm") == false)
        let clamped = try written("olmoe", #"{"clip_qkv": 2.5}"#).file.metadata
        #expect(try clamped.float("olmoe.attention.clamp_kqv") == 2.5)
        let activation = try written("modernbert", #"{"hidden_activation": "silu"}"#)
        guard case .dense(let dense) = try Architectures.spec(of: activation.file).layers[0].feedForward else { return }
        #expect(dense.activation == .silu)
    }

    @Test func otherSettingsAreRefusedByName() throws {
        for (fixture, settings, reason) in [
            ("llama", #"{"hidden_act": "gelu"}"#, "feed-forward"),
            ("gpt2", #"{"scale_attn_by_inverse_layer_idx": true}"#, "attention scale"),
            ("gemma2", #"{"query_pre_attn_scalar": 100}"#, "attention scale"),
        ] {
            #expect { try written(fixture, settings) } throws: { "\($0)".contains(reason) }
        }
    }
}
