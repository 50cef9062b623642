import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import Transformer

/// Changes models on disk in the ways in which files are forged, or written by other programs than one thinks.
struct ModelMutation {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(state: seed) }

    /// What a setting may become, as JSON.
    private static let texts = [
        "-1", "0", "1", "2", "3", "5", "7", "64", "1024", "2147483647", "2147483648", "1099511627776",
        "9223372036854775807", "-9223372036854775808", "1e30", "-0.0", "1e-320", "1e-45", "0.3", "0.5", "0.999", "1.5",
        "1e308", "-1e308", "1e999", "NaN", "null", "true", "false", "\"\"", "\"gelu\"", "\"yarn\"", "\"llama3\"",
        "\"longrope\"", "\"dynamic\"", "[]", "[1]", "[0, 0, 0]", "[\"full_attention\"]", "{}",
        "{\"rope_type\": \"yarn\"}",
    ]

    /// Settings that many families read, whether the file at hand has them or not.
    private static let keys = [
        "head_dim", "num_key_value_heads", "sliding_window", "layer_types", "rope_theta", "rope_scaling",
        "rope_parameters", "partial_rotary_factor", "max_position_embeddings", "pad_token_id", "num_experts",
        "num_experts_per_tok", "moe_intermediate_size", "use_sliding_window", "max_window_layers", "hidden_act",
        "tie_word_embeddings", "logit_scale", "query_pre_attn_scalar", "rotary_dim", "num_hidden_groups",
        "word_embed_proj_dim", "embedding_size", "sliding_window_pattern", "no_rope_layer_interval", "type_vocab_size",
        "original_max_position_embeddings", "n_inner", "num_kv_heads", "alibi", "multi_query",
    ]

    private static let scalings = [
        "factor", "rope_type", "original_max_position_embeddings", "beta_fast", "beta_slow", "low_freq_factor",
        "high_freq_factor", "short_factor", "long_factor", "mscale", "mscale_all_dim", "attention_factor", "rope_theta",
    ]

    /// A `config.json` with a few settings that it shouldn't have.
    mutating func settings(_ json: Data) throws -> Data {
        var values = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        var replacements: [String] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let text = Self.texts.randomElement(using: &random) ?? "0"
            let mark = "mark \(replacements.count) of many"
            if Int.random(in: 0..<4, using: &random) == 0 {
                let name = Bool.random(using: &random) ? "rope_parameters" : "rope_scaling"
                var form = values[name] as? [String: Any] ?? ["rope_type": "yarn", "factor": 4]
                form[Self.scalings.randomElement(using: &random) ?? ""] = mark
                values[name] = form
            } else {
                let own = values.keys.sorted().filter { $0 != "model_type" }
                let pool = Bool.random(using: &random) ? own : Self.keys
                values[pool.randomElement(using: &random) ?? ""] = mark
            }
            replacements.append(text)
        }
        var text = String(decoding: try JSONSerialization.data(withJSONObject: values), as: UTF8.self)
        for (index, replacement) in replacements.enumerated() {
            text = text.replacingOccurrences(of: "\"mark \(index) of many\"", with: replacement)
        }
        return Data(text.utf8)
    }

    /// A safetensors file's header with other tensors, over the same bytes.
    mutating func header(_ file: Data) throws -> Data {
        let length = file.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
        var header = try #require(
            try JSONSerialization.jsonObject(with: file.dropFirst(8).prefix(length)) as? [String: [String: Any]])
        header["__metadata__"] = nil
        let names = header.keys.sorted()
        guard let name = names.randomElement(using: &random), let other = names.randomElement(using: &random),
            let tensor = header[name], let shape = tensor["shape"] as? [Int]
        else { return file }
        switch Int.random(in: 0..<5, using: &random) {
        case 0: (header[name], header[other]) = (header[other], header[name])
        case 1: header[name + ".more"] = header.removeValue(forKey: name)
        default: header[name]?["shape"] = reshaped(shape)
        }
        let text = try JSONSerialization.data(withJSONObject: header)
        let size = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        return Data(size) + text + file.dropFirst(8 + length)
    }

    /// The same file with other metadata or other tensors.
    mutating func gguf(_ file: GGUFFile) throws -> [UInt8] {
        var writer = GGUFWriter()
        let architecture = try file.metadata.string("general.architecture")
        for key in file.metadata.keys { writer[key] = file.metadata[key] }
        let own = file.metadata.keys.filter { $0.hasPrefix(architecture + ".") }.sorted()
        let others = ["rope.scaling.type", "rope.scaling.factor", "attention.sliding_window", "rope.dimension_count"]
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            let other = "\(architecture).\(others.randomElement(using: &random) ?? "")"
            let key = Int.random(in: 0..<4, using: &random) == 0 ? other : own.randomElement(using: &random) ?? other
            writer[key] = value()
        }
        let changed = Int.random(in: 0..<3, using: &random) == 0 ? file.tensors.randomElement(using: &random) : nil
        for tensor in file.tensors {
            guard tensor.name == changed?.name else {
                try writer.add(tensor)
                continue
            }
            let bytes = withExtendedLifetime(tensor) { Array(tensor.bytes) }
            // What the type doesn't allow stays away.
            try? writer.add(tensor.name, tensor.type, shape: reshaped(tensor.shape), bytes: bytes)
        }
        return try writer.encoded()
    }

    /// A file with a few other bytes in its first `count`.
    mutating func bytes(_ file: [UInt8], before count: Int) -> [UInt8] {
        var file = file
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0..<min(count, file.count), using: &random)
            let length = min(Int.random(in: 1...8, using: &random), file.count - place)
            switch Int.random(in: 0..<12, using: &random) {
            case 0: file.removeSubrange(place..<place + length)
            case 1: file.insert(contentsOf: file[place..<place + length], at: place)
            case 2: file.replaceSubrange(place..<place + length, with: repeatElement(0xFF, count: length))
            case 3: file[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 4...6: file[place] &+= Bool.random(using: &random) ? 1 : 0xFF
            default: file[place] = [0, 1, 2, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            }
        }
        return file
    }

    private mutating func value() -> GGUFValue? {
        let count = Int32.random(in: 0...3, using: &random)
        let values: [GGUFValue?] = [
            nil, .uint32(0), .uint32(1), .uint32(2), .uint32(3), .uint32(7), .uint32(.max), .int32(-1), .int64(.min),
            .int64(.max), .uint64(.max), .float32(0), .float32(-1), .float32(.nan), .float32(.infinity),
            .float32(.leastNonzeroMagnitude), .float32(3e38), .float64(1e300), .float32(0.3), .bool(true), .string(""),
            .string("yarn"),
            .string("linear"), .string("longrope"), .array(GGUFArray([Int32](repeating: count, count: Int(count)))),
            .array(GGUFArray(["a"])),
        ]
        return values.randomElement(using: &random) ?? nil
    }

    /// Another shape, most often of as many elements.
    private mutating func reshaped(_ shape: [Int]) -> [Int] {
        let count = shape.reduce(1, *)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return shape.reversed()
        case 1: return [count]
        case 2: return shape + [1]
        case 3: return [1] + shape
        case 4: return count.isMultiple(of: 2) ? [count / 2, 2] : shape
        default: return shape.dropLast() + [(shape.last ?? 0) - 1]
        }
    }
}
