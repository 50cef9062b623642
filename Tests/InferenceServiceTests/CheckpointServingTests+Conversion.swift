import Foundation
import Kernels
import ModelFiles
import TestSupport
import Testing
import Tokenization
import Transformer

@testable import InferenceService

/// What a folder says is said by the GGUF file that is written from it, or it is refused.
extension CheckpointServingTests {
    private func converted(_ folder: TemporaryDirectory) throws -> OpenedModel {
        let path = folder.path + "/model.gguf"
        try CheckpointConversion(try Checkpoint(directory: folder.path), name: "tiny").write(to: path)
        return try ModelLoader(pool: WorkerPool(threadCount: 1)).open(path)
    }

    private func refusal(_ folder: TemporaryDirectory) -> String? {
        do {
            _ = try converted(folder)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func aFolderBecomesAFileThatSaysTheSame() throws {
        let folder = try folder(
            "llama",
            [
                "tokenizer_config.json": #"{"eos_token": "</s>", "bos_token": "<s>", "chat_template": "{{ 1 }}"}"#,
                "generation_config.json": #"{"eos_token_id": [1, 2], "temperature": 0.6, "top_k": 20, "min_p": 0}"#,
            ])
        let (original, written) = (try open(folder), try converted(folder))
        #expect(written.text.chatTemplate == "{{ 1 }}")
        #expect(try written.source.recommendedSampling() == RecommendedSampling(temperature: 0.6, topK: 20, minP: 0))
        #expect(written.tokenizer.endOfGenerationTokens == original.tokenizer.endOfGenerationTokens)
        let text = "Some text, <s> and <end>."
        for parsesSpecial in [true, false] {
            #expect(
                written.tokenizer.encode(text, addSpecial: true, parseSpecial: parsesSpecial)
                    == original.tokenizer.encode(text, addSpecial: true, parseSpecial: parsesSpecial))
        }
        let file = try GGUFFile(path: folder.path + "/model.gguf")
        #expect(try file.metadata.string("general.name") == "tiny")
    }

    /// SentencePiece's spaces by a newer rule: GGUF's keys would put one in front of a text that has one.
    @Test func aTokenizerThatTheKeysCannotSayIsInTheFileAsAWhole() throws {
        let pieces = ["<unk>", "<s>", "</s>", "▁", "a", "b", "▁a"]
        let vocabulary = pieces.enumerated().map { #""\#($1)": \#($0)"# }.joined(separator: ", ")
        let added = (0..<3).map { #"{"id": \#($0), "content": "\#(pieces[$0])", "special": true}"# }
        let folder = try folder(
            "llama",
            [
                "tokenizer.json": """
                {"added_tokens": [\(added.joined(separator: ", "))], "normalizer": null,
                 "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false},
                 "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false},
                 "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": false,
                           "vocab": {\(vocabulary)}, "merges": ["▁ a"]}}
                """,
                "tokenizer_config.json": #"{"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": true}"#,
            ])
        let (original, written) = (try open(folder), try converted(folder))
        for text in ["a b", " a", "  ", "a  b", "x<s>"] {
            #expect(
                written.tokenizer.encode(text, addSpecial: true, parseSpecial: true)
                    == original.tokenizer.encode(text, addSpecial: true, parseSpecial: true), "\(text)")
        }
        #expect(written.tokenizer.endOfGenerationTokens == original.tokenizer.endOfGenerationTokens)
        let file = try GGUFFile(path: folder.path + "/model.gguf")
        #expect(try file.metadata.string("tokenizer.huggingface.json").contains("Metaspace"))
    }

    @Test func labelsStayAndOtherActivationsAreRefused() throws {
        let classifier = try #require(TextAbilities(converted(folder("bert-classes"))).classifier)
        #expect(classifier.labels == ["bad", "fair", "good"] && classifier.activation == .softmax)
        let several = try folder("bert-classes", config: ["problem_type": "multi_label_classification"])
        #expect(refusal(several)?.contains("sigmoid") == true)
        let masked = try folder("bert-masked")
        #expect(refusal(masked)?.contains("cls.predictions.transform.dense") == true)
    }

    @Test func vectorsStayOrStagesAreRefused() throws {
        func folder(_ stages: String..., pooling: String) throws -> TemporaryDirectory {
            try self.folder(
                "bert",
                [
                    "modules.json": Self.modules(stages), "1_Pooling/config.json": #"{"pooling_mode": "\#(pooling)"}"#,
                    "sentence_bert_config.json": #"{"max_seq_length": 20}"#,
                ])
        }
        let usual = try folder("Transformer", "Pooling", "Normalize", pooling: "cls")
        let embedding = try #require(TextAbilities(converted(usual)).embedding)
        #expect(embedding.pooling == .first && embedding.isNormalized)
        let notes = try CheckpointConversion(try Checkpoint(directory: usual.path), name: "").notes
        #expect(notes.contains { $0.contains("max_seq_length") })
        #expect(refusal(try folder("Transformer", "Pooling", pooling: "cls"))?.contains("Normalize") == true)
        let largest = try folder("Transformer", "Pooling", "Normalize", pooling: "max")
        #expect(refusal(largest)?.contains("pooling") == true)
    }
}
