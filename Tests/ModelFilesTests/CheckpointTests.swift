import FoundationEssentials
import JSON
import ModelFiles
import TestSupport
import Testing

@Suite struct CheckpointTests {
    private static let x = RawSafetensors.file([
        .init("x", "F32", [2, 3], data: RawSafetensors.floats([0, 1, 2, 3, 4, 5]))
    ])
    private static let y = RawSafetensors.file([.init("y", "F16", [2], data: [0, 0x3C, 0, 0x40])])

    /// A folder of two shards with an index, which the test spoils.
    private static func sharded(index: String? = nil) throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try folder.write("config.json", #"{"model_type": "llama"}"#)
        try folder.write("model-00001-of-00002.safetensors", x)
        try folder.write("model-00002-of-00002.safetensors", y)
        try folder.write(
            "model.safetensors.index.json",
            index ?? Self.index(["x": "model-00001-of-00002.safetensors", "y": "model-00002-of-00002.safetensors"]))
        return folder
    }

    private static func index(_ map: [String: String]) -> String {
        let members = map.map { #""\#($0.key)": "\#($0.value)""# }.joined(separator: ", ")
        return #"{"metadata": {"total_size": 28}, "weight_map": {\#(members)}}"#
    }

    private static func complaint(_ folder: TemporaryDirectory) throws -> String {
        let error = #expect(throws: ModelFileError.self) { try ModelSource.open(path: folder.path) }
        return try #require(error).description
    }

    @Test func `a checkpoint offers the tensors of all its shards`() throws {
        let folder = try Self.sharded()
        guard case .checkpoint(let checkpoint) = try ModelSource.open(path: folder.path + "/") else {
            Issue.record("not a checkpoint")
            return
        }
        #expect(checkpoint.configuration["model_type"] == "llama")
        #expect(checkpoint.tensor("x")?.shape == [3, 2])
        #expect(checkpoint.tensor("y")?.type == .f16)
        #expect(checkpoint.tensors.map(\.name) == ["x", "y"])
        #expect(checkpoint.tensor("z") == nil)
        #expect(try checkpoint.tokenizerFile() == nil)
        try folder.write("tokenizer.json", "{}")
        #expect(try checkpoint.tokenizerFile() == Array("{}".utf8))
    }

    @Test func `one file beside a configuration opens its folder`() throws {
        let folder = try TemporaryDirectory()
        try folder.write("config.json", "{}")
        try folder.write("model.safetensors", Self.x)
        let source = try ModelSource.open(path: folder.path + "/model.safetensors")
        #expect(source.path == folder.path)
        #expect(source.tensor("x") != nil)
    }

    @Test(arguments: [
        "../x.safetensors", "/etc/x.safetensors", "a/../x.safetensors", "..", ".", "", "a\\\\b.safetensors",
        "x.safetensors\\u0000", "sub/x.safetensors",
    ])
    func `a shard that isn't a plain name is refused`(name: String) throws {
        let folder = try Self.sharded(index: Self.index(["x": "model-00001-of-00002.safetensors", "y": name]))
        try FileManager.default.removeItem(atPath: folder.path + "/model-00002-of-00002.safetensors")
        #expect(try Self.complaint(folder).contains("isn't a plain file name"))
    }

    @Test func `a missing shard is named`() throws {
        let folder = try Self.sharded()
        try FileManager.default.removeItem(atPath: folder.path + "/model-00002-of-00002.safetensors")
        let complaint = try Self.complaint(folder)
        #expect(complaint.contains("'model-00002-of-00002.safetensors' is missing"))
    }

    @Test func `a shard that the index doesn't know is named`() throws {
        let folder = try Self.sharded()
        try folder.write("model-00003-of-00003.safetensors", Self.x)
        #expect(try Self.complaint(folder).contains("'model-00003-of-00003.safetensors'"))
    }

    @Test func `a tensor that its shard doesn't have is named`() throws {
        let (a, b) = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
        let missing = try Self.sharded(index: Self.index(["x": a, "y": b, "z": b]))
        #expect(try Self.complaint(missing).contains("tensor 'z' isn't in '\(b)'"))
        let swapped = try Self.sharded(index: Self.index(["x": b, "y": b, "z": a]))
        #expect(try Self.complaint(swapped).contains("tensor 'x' is in '\(a)', not in '\(b)'"))
    }

    @Test func `a tensor that the index doesn't list is named`() throws {
        let folder = try Self.sharded()
        let z = RawSafetensors.Entry("z", "F16", [1], data: [0, 0])
        try folder.write(
            "model-00002-of-00002.safetensors", RawSafetensors.file([.init("y", "F16", [1], data: [0, 0]), z]))
        #expect(try Self.complaint(folder).contains("tensor 'z' of 'model-00002-of-00002.safetensors' isn't listed"))
    }

    @Test func `an error in a shard names the shard`() throws {
        let folder = try Self.sharded()
        try folder.write("model-00002-of-00002.safetensors", Array(Self.y.dropLast()))
        #expect(try Self.complaint(folder).contains("'model-00002-of-00002.safetensors': tensor 'y'"))
    }

    @Test(arguments: [
        (#"{}"#, "weight_map"), (#"{"weight_map": {}}"#, "weight_map"),
        (#"{"weight_map": {"x": 1}}"#, "isn't a string"),
        (#"[]"#, "weight_map"), (#"{"weight_map""#, "isn't JSON"), (#"{"weight_map": {"x": "a.bin"}}"#, "'a.bin'"),
    ])
    func `a broken index is refused`(index: String, complaint: String) throws {
        let folder = try Self.sharded(index: index)
        for name in folder.names() where name.hasPrefix("model-") {
            try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
        }
        #expect(try Self.complaint(folder).contains(complaint))
    }

    @Test func `a folder without tensors says what it has`() throws {
        let folder = try TemporaryDirectory()
        #expect(try Self.complaint(folder).contains("no config.json"))
        try folder.write("config.json", "{}")
        #expect(try Self.complaint(folder).contains("neither model.safetensors nor"))
        try folder.write("pytorch_model.bin", "x")
        #expect(try Self.complaint(folder).contains("pickled"))
        try folder.write("model-00001-of-00002.safetensors", Self.x)
        #expect(try Self.complaint(folder).contains("no model.safetensors.index.json"))
    }

    @Test func `weights that are quantised already are refused by name`() throws {
        let folder = try Self.sharded()
        try folder.write("config.json", #"{"quantization_config": {"quant_method": "gptq", "bits": 4}}"#)
        #expect(try Self.complaint(folder).contains("'gptq'"))
    }

    @Test func `settings that aren't JSON are refused by name`() throws {
        for name in ["config.json", "generation_config.json", "tokenizer_config.json", "modules.json"] {
            let folder = try Self.sharded()
            try folder.write(name, "{\"a\": ")
            #expect(try Self.complaint(folder).contains("'\(name)': isn't JSON"))
        }
    }

    @Test func `the template of its own file wins over the tokenizer's`() throws {
        let folder = try Self.sharded()
        try folder.write("tokenizer_config.json", #"{"chat_template": "old"}"#)
        #expect(try Checkpoint(directory: folder.path).chatTemplates.main == "old")
        try folder.write("chat_template.jinja", "new")
        #expect(try Checkpoint(directory: folder.path).chatTemplates.main == "new")
    }

    @Test func `end tokens are one number or a list, from either file`() throws {
        let folder = try Self.sharded()
        try folder.write("config.json", #"{"eos_token_id": 2, "bos_token_id": 1, "pad_token_id": -1}"#)
        let without = try Checkpoint(directory: folder.path).generation
        #expect(without.endTokens == [2])
        #expect(without.beginToken == 1)
        #expect(without.paddingToken == nil)
        #expect(without.sampling == RecommendedSampling())
        try folder.write(
            "generation_config.json",
            #"{"eos_token_id": [7, 9], "temperature": 0.6, "top_p": 0.9, "top_k": 20, "do_sample": true}"#)
        let with = try Checkpoint(directory: folder.path).generation
        #expect(with.endTokens == [7, 9])
        #expect(with.beginToken == 1)
        #expect(with.sampling == RecommendedSampling(temperature: 0.6, topP: 0.9, topK: 20))
        try folder.write(
            "generation_config.json", #"{"top_k": -1, "min_p": 0.1, "repetition_penalty": 1.05, "top_p": null}"#)
        let others = try Checkpoint(directory: folder.path).generation.sampling
        #expect(others == RecommendedSampling(minP: 0.1, repetitionPenalty: 1.05))
    }

    @Test(arguments: [
        (#"{"eos_token_id": "</s>"}"#, "eos_token_id"), (#"{"eos_token_id": 4294967296}"#, "eos_token_id"),
        (#"{"temperature": "hot"}"#, "temperature"), (#"{"top_p": 2}"#, "top_p"), (#"{"top_k": -2}"#, "top_k"),
        (#"{"repetition_penalty": 0}"#, "repetition_penalty"),
    ])
    func `settings of sampling out of range are refused by name`(text: String, key: String) throws {
        let folder = try Self.sharded()
        try folder.write("generation_config.json", text)
        #expect(try Self.complaint(folder).contains("'\(key)'"))
    }

    @Test func `named templates are kept apart`() throws {
        let folder = try Self.sharded()
        try folder.write(
            "tokenizer_config.json",
            #"{"chat_template": [{"name": "default", "template": "a"}, {"name": "tool_use", "template": "b"}]}"#)
        let templates = try Checkpoint(directory: folder.path).chatTemplates
        #expect(templates.main == "a")
        #expect(templates.named == ["tool_use": "b"])
    }

    @Test func `pooling comes from the folder that the modules name`() throws {
        let folder = try Self.sharded()
        try folder.write(
            "modules.json",
            #"[{"path": "", "type": "sentence_transformers.models.Transformer"}, "#
                + #"{"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}, "#
                + #"{"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]"#)
        try folder.write("1_Pooling/config.json", #"{"pooling_mode_mean_tokens": true}"#)
        let modules = try #require(try Checkpoint(directory: folder.path).sentenceModules)
        #expect(modules.pooling?["pooling_mode_mean_tokens"] == true)
        #expect(modules.normalizes)
        try folder.write("modules.json", #"[{"path": "../other", "type": "a.Pooling"}]"#)
        #expect(try Self.complaint(folder).contains("isn't a plain file name"))
    }
}
