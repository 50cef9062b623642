import Foundation
import Kernels
import Logging
import ModelFiles
import OpenAIAPI
import Telemetry
import TestSupport
import Testing
import Tokenization
import Transformer

@testable import InferenceService

/// What a folder's own files say reaches whoever serves it.
@Suite struct CheckpointServingTests {
    // MARK: Folders

    private static let families = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "TransformerTests/Fixtures/Families")

    /// A folder with the weights of a fixture and these files; nil takes one away. Members are merged into
    /// `config.json`.
    private func folder(
        _ family: String, config members: [String: Any] = [:], _ files: [String: String?] = [:]
    ) throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        let source = Self.families.appending(path: "\(family)/checkpoint"), target = URL(filePath: folder.path)
        for name in try FileManager.default.contentsOfDirectory(atPath: source.path) {
            try FileManager.default.copyItem(at: source.appending(path: name), to: target.appending(path: name))
        }
        if !members.isEmpty {
            let path = target.appending(path: "config.json")
            var config = try #require(
                try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any])
            config.merge(members) { _, new in new }
            try JSONSerialization.data(withJSONObject: config).write(to: path)
        }
        var texts = ["tokenizer.json": family.hasPrefix("bert") ? Self.wordPiece : try Self.byteLevel(count: 100)]
        for (name, text) in files { texts[name] = text }
        for (name, text) in texts {
            let path = target.appending(path: name)
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: path)
        }
        return folder
    }

    /// Byte-level BPE without merges: control tokens, then printable ASCII, then names of no text.
    private static func byteLevel(count: Int) throws -> String {
        var vocabulary = ["<s>": 0, "</s>": 1, "<end>": 2, "Ġ": 3]
        for byte in UInt8(ascii: "!")...UInt8(ascii: "~") where vocabulary.count < count {
            vocabulary[String(UnicodeScalar(byte))] = vocabulary.count
        }
        while vocabulary.count < count { vocabulary["x\(vocabulary.count)"] = vocabulary.count }
        let added = ["<s>", "</s>", "<end>"].map {
            ["id": vocabulary[$0] ?? 0, "content": $0, "special": true] as [String: Any]
        }
        let file: [String: Any] = [
            "added_tokens": added, "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false],
            "decoder": ["type": "ByteLevel"], "model": ["type": "BPE", "vocab": vocabulary, "merges": [String]()],
        ]
        return String(decoding: try JSONSerialization.data(withJSONObject: file), as: UTF8.self)
    }

    private static let wordPiece = """
        {"added_tokens": [{"id": 1, "content": "[CLS]", "special": true}, {"id": 2, "content": "[SEP]", "special": true}],
         "normalizer": {"type": "BertNormalizer", "lowercase": true}, "pre_tokenizer": {"type": "BertPreTokenizer"},
         "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                   "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "b": 4, "##b": 5}}}
        """

    private func open(
        _ folder: TemporaryDirectory, quantization: WeightQuantization = .asStored
    ) throws(ModelLoadFailure) -> OpenedModel {
        try ModelLoader(pool: WorkerPool(threadCount: 1), quantization: quantization).open(folder.path)
    }

    private func failure(_ folder: TemporaryDirectory) -> String? {
        do throws(ModelLoadFailure) {
            _ = try open(folder)
            return nil
        } catch {
            return error.description
        }
    }

    // MARK: Text

    @Test func endTokensAndTemplateAreTheFolders() throws {
        let folder = try folder(
            "llama",
            [
                "generation_config.json": #"{"eos_token_id": [1, 2]}"#,
                "tokenizer_config.json": #"{"eos_token": "</s>", "bos_token": "<s>"}"#,
                "chat_template.jinja": "{{ messages[0].content }}!",
            ])
        let model = try open(folder)
        #expect(model.tokenizer.endOfGenerationTokens.map(\.rawValue).sorted() == [1, 2])
        #expect(model.text.chatTemplate == "{{ messages[0].content }}!")
        #expect(try model.tokenizer.decode(model.chatPrompt(user: "Hi"), skipSpecial: true) == "Hi!")
        #expect(try ModelLoader.tokenizer(of: folder.path).vocabularySize == 100)
    }

    @Test func aFolderWithoutATokenizerSaysWhichFileIsMissing() throws {
        #expect(failure(try folder("llama", ["tokenizer.json": nil]))?.contains("no tokenizer.json") == true)
        let older = try folder("llama", ["tokenizer.json": nil, "tokenizer.model": "x"])
        #expect(failure(older)?.contains("save_pretrained") == true)
        #expect(failure(try folder("llama", ["tokenizer.json": "{"]))?.contains("tokenizer") == true)
        // 128 rows.
        let large = try folder("llama", ["tokenizer.json": try Self.byteLevel(count: 129)])
        #expect(failure(large)?.contains("129 entries, but the embedding only 128 rows") == true)
    }

    @Test func whatTheMakersRecommendIsServedUnlessTurnedOff() throws {
        let folder = try folder("llama", ["generation_config.json": #"{"temperature": 0.6, "top_k": 20}"#])
        var configuration = ServerConfiguration(
            models: [ServedModel(name: "m", path: folder.path)], version: "0")
        configuration.threads = 1
        func defaults() throws -> SamplingDefaults? {
            let loader = ServedModelLoader(
                configuration: configuration, metrics: ServerMetrics(version: "0", startTime: 0),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            return try loader.load()[0].description.samplingDefaults
        }
        #expect(try defaults() == SamplingDefaults(temperature: 0.6, topK: 20))
        configuration.usesRecommendedSampling = false
        #expect(try defaults() == SamplingDefaults())
    }

    // MARK: Weights

    @Test func matricesOfFoldersAreQuantisedUnlessToldOtherwise() throws {
        let folder = try folder("llama")
        let source = try ModelSource.open(path: folder.path)
        #expect(WeightQuantization.standard.format(for: source) == .q8_0)
        #expect(WeightQuantization.asStored.format(for: source) == nil)
        #expect(WeightQuantization.format(.q4_0).format(for: source) == .q4_0)
        let whole = try open(folder).model.weightByteCount
        let small = try open(folder, quantization: .standard).model.weightByteCount
        #expect(small < whole)
        // The plan is made before anything is read.
        #expect(source.packedByteCount(quantizingTo: .q8_0) < source.packedByteCount(quantizingTo: nil))
    }

    @Test func aFolderBecomesAFileThatSaysTheSame() throws {
        let folder = try folder(
            "llama",
            [
                "tokenizer_config.json": #"{"eos_token": "</s>", "bos_token": "<s>", "chat_template": "{{ 1 }}"}"#,
                "generation_config.json": #"{"eos_token_id": [1, 2]}"#,
            ])
        let path = folder.path + "/model.gguf"
        try CheckpointConversion(try Checkpoint(directory: folder.path), name: "tiny").write(to: path)
        let (original, written) = (try open(folder), try ModelLoader(pool: WorkerPool(threadCount: 1)).open(path))
        #expect(written.text.chatTemplate == "{{ 1 }}")
        #expect(written.tokenizer.endOfGenerationTokens == original.tokenizer.endOfGenerationTokens)
        let text = "Some text, <s> and <end>."
        for parsesSpecial in [true, false] {
            #expect(
                written.tokenizer.encode(text, addSpecial: true, parseSpecial: parsesSpecial)
                    == original.tokenizer.encode(text, addSpecial: true, parseSpecial: parsesSpecial))
        }
        let file = try GGUFFile(path: path)
        #expect(try file.metadata.string("general.name") == "tiny")
    }

    // MARK: Whole texts

    private static func modules(_ types: String...) -> String {
        let list = types.enumerated().map { index, type in
            #"{"type": "sentence_transformers.models.\#(type)", "path": "\#(type == "Pooling" ? "1_Pooling" : "")"}"#
        }
        return "[\(list.joined(separator: ", "))]"
    }

    @Test func poolingScalingAndLimitAreTheFolders() throws {
        let pooling = #"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#
        let scaled = try TextAbilities(
            open(
                folder(
                    "bert",
                    [
                        "modules.json": Self.modules("Transformer", "Pooling", "Normalize"),
                        "1_Pooling/config.json": pooling, "sentence_bert_config.json": #"{"max_seq_length": 20}"#,
                    ])))
        #expect(scaled.embedding?.pooling == .first && scaled.embedding?.isNormalized == true)
        #expect(scaled.longestText == 20)
        let plain = try TextAbilities(
            open(
                folder(
                    "bert",
                    ["modules.json": Self.modules("Transformer", "Pooling"), "1_Pooling/config.json": pooling])))
        #expect(plain.embedding?.isNormalized == false && plain.longestText == .max)
        // Nobody says anything.
        #expect(try TextAbilities(open(folder("bert"))).embedding?.pooling == .mean)
        #expect(try TextAbilities(open(folder("llama"))).embedding == nil)
    }

    @Test func aStageThatIsNotKnownIsRefused() throws {
        let model = try open(
            folder(
                "bert",
                [
                    "modules.json": Self.modules("Transformer", "Pooling", "LayerNorm"),
                    "1_Pooling/config.json": #"{"pooling_mode": "mean"}"#,
                ]))
        #expect(throws: UnsupportedStage.self) { try TextAbilities(model) }
    }

    @Test func labelsAndActivationsAreTheFolders() throws {
        func classifier(_ config: [String: Any] = [:]) throws -> TextAbilities.Classifier {
            try #require(TextAbilities(open(folder("bert-classes", config: config))).classifier)
        }
        let usual = try classifier()
        #expect(usual.labels == ["bad", "fair", "good"] && usual.activation == .softmax)
        #expect(try classifier(["problem_type": "multi_label_classification"]).activation == .sigmoid)
        #expect(try classifier(["problem_type": "regression"]).activation == .identity)
        let named = ["activation_fn": "torch.nn.modules.activation.Sigmoid"]
        #expect(try classifier(["sentence_transformers": named]).activation == .sigmoid)
        let older = "torch.nn.modules.linear.Identity"
        #expect(try classifier(["sbert_ce_default_activation_function": older]).activation == .identity)
        let unnamed = try classifier(["id2label": [String: String](), "num_labels": 3])
        #expect(unnamed.labels == ["LABEL_0", "LABEL_1", "LABEL_2"])
    }
}
