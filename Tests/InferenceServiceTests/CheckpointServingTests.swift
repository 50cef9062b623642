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

    /// Such a context may be many times what a machine has memory for.
    @Test(arguments: [(1, 32), (8, 64)])
    func stretchedContextsAreAsLongAsTheMemoryAllows(blockCount: Int, contextLength: Int) throws {
        let folder = try folder("phi3-crossing")
        let spec = try Architectures.spec(of: ModelSource.open(path: folder.path))
        var configuration = ServerConfiguration(models: [ServedModel(name: "m", path: folder.path)], version: "0")
        configuration.threads = 1
        configuration.cacheByteCount = blockCount * KeyValueLayout(spec, type: configuration.cacheType).bytesPerBlock
        let loader = ServedModelLoader(
            configuration: configuration, metrics: ServerMetrics(version: "0", startTime: 0),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(try loader.load()[0].description.contextLength == contextLength)
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
        let spec = try Architectures.spec(of: source)
        for kernels in KernelTable.available {
            #expect(WeightQuantization.standard.format(for: source, spec, kernels) == .q8_0)
            #expect(WeightQuantization.asStored.format(for: source, spec, kernels) == nil)
            #expect(WeightQuantization.format(.q4_0).format(for: source, spec, kernels) == .q4_0)
        }
        let whole = try open(folder).model.weightByteCount
        let small = try open(folder, quantization: .standard).model.weightByteCount
        #expect(small < whole)
        // The plan is made before anything is read.
        #expect(source.packedByteCount(quantizingTo: .q8_0) < source.packedByteCount(quantizingTo: nil))
    }

    @Test func encodersAreInBFloat16WhereThatIsMultiplied() throws {
        let folder = try folder("bert")
        let source = try ModelSource.open(path: folder.path)
        let spec = try Architectures.spec(of: source)
        for kernels in KernelTable.available {
            let format = WeightQuantization.standard.format(for: source, spec, kernels)
            #expect(format == (kernels.hasBrainProducts ? .bf16 : .q8_0))
            #expect(WeightQuantization.asStored.format(for: source, spec, kernels) == nil)
            #expect(WeightQuantization.format(.q8_0).format(for: source, spec, kernels) == .q8_0)
        }
    }

    // MARK: Whole texts

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
