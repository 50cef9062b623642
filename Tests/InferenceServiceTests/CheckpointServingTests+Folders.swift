import Foundation
import Kernels
import ModelFiles
import TestSupport
import Testing
import Tokenization
import Transformer

@testable import InferenceService

/// Folders to serve.
extension CheckpointServingTests {
    private static let families = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "TransformerTests/Fixtures/Families")

    /// A folder with the weights of a fixture and these files; nil takes one away. Members are merged into
    /// `config.json`.
    func folder(
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
    static func byteLevel(count: Int) throws -> String {
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

    static let wordPiece = """
        {"added_tokens": [{"id": 1, "content": "[CLS]", "special": true}, {"id": 2, "content": "[SEP]", "special": true}],
         "normalizer": {"type": "BertNormalizer", "lowercase": true}, "pre_tokenizer": {"type": "BertPreTokenizer"},
         "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                   "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "b": 4, "##b": 5}}}
        """

    func open(
        _ folder: TemporaryDirectory, quantization: WeightQuantization = .asStored
    ) throws(ModelLoadFailure) -> OpenedModel {
        try ModelLoader(pool: WorkerPool(threadCount: 1), quantization: quantization).open(folder.path)
    }

    static func modules(_ types: String...) -> String { modules(types) }

    static func modules(_ types: [String]) -> String {
        let list = types.enumerated().map { index, type in
            #"{"type": "sentence_transformers.models.\#(type)", "path": "\#(type == "Pooling" ? "1_Pooling" : "")"}"#
        }
        return "[\(list.joined(separator: ", "))]"
    }
}
