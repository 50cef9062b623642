import Foundation
import Testing
import Tokenization

/// Published vocabularies with published texts and ids, which are too large to be kept here.
///
/// `NEEDLETAIL_TOKENIZER_VECTORS` names a folder with files `<rule>.json` (an object with `tokens`, `kinds`, `merges` ...)
/// and llama.cpp's `ggml-vocab-<rule>.gguf.inp` and `.out`; `scripts/fixtures/dump_gguf_vocabulary.py` makes the former
/// from `ggml-vocab-<rule>.gguf`.
@Suite(
    "Published vectors",
    .enabled(
        if: ProcessInfo.processInfo.environment["NEEDLETAIL_TOKENIZER_VECTORS"] != nil,
        "set NEEDLETAIL_TOKENIZER_VECTORS to a folder with dumped vocabularies and vectors"))
struct VectorTests {
    private struct Dump: Decodable {
        var tokens: [String]
        var kinds: [Int32]
        var merges: [String]
        var model: String?
        var scores: [Float]?
        var special: [String: Int32]?
        var pre: String?
        var addsSpacePrefix: Bool?
    }

    /// All vocabularies that the folder has.
    private static let names: [String] = {
        guard let path = ProcessInfo.processInfo.environment["NEEDLETAIL_TOKENIZER_VECTORS"] else { return [] }
        let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }()

    private static let schemes: [String: Vocabulary.Scheme] = [
        "gpt2": .byteLevelBPE, "gemma4": .characterBPE, "llama": .sentencePieceBPE, "t5": .unigram, "bert": .wordPiece,
    ]

    @Test(arguments: names)
    func allEqual(rule: String) throws {
        let path = try #require(ProcessInfo.processInfo.environment["NEEDLETAIL_TOKENIZER_VECTORS"])
        let folder = URL(filePath: path, directoryHint: .isDirectory)
        let dump = try JSONDecoder().decode(Dump.self, from: Data(contentsOf: folder.appending(path: "\(rule).json")))
        func id(_ role: String) -> TokenID? { dump.special?[role].map { TokenID(rawValue: $0) } }
        let tokenizer = try Tokenizer(
            Vocabulary(
                scheme: try #require(Self.schemes[dump.model ?? "gpt2"]), preTokenizer: dump.pre ?? rule,
                tokens: dump.tokens,
                kinds: dump.kinds, merges: dump.merges, scores: dump.scores ?? [],
                special: .init(
                    unknown: id("unknown"), padding: id("padding"), classification: id("cls"),
                    separator: id("seperator"), mask: id("mask")),
                addsSpacePrefix: dump.addsSpacePrefix))
        let name = "ggml-vocab-\(rule).gguf"
        let input = try String(contentsOf: folder.appending(path: "\(name).inp"), encoding: .utf8)
        let output = try String(contentsOf: folder.appending(path: "\(name).out"), encoding: .utf8)
        let texts = input.components(separatedBy: "\n__ggml_vocab_test__\n")
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false).prefix(texts.count)
        #expect(lines.count == texts.count)
        for (text, line) in zip(texts, lines) {
            let expected = line.split(separator: " ").compactMap { Int32($0) }
            let actual = tokenizer.encode(text, addSpecial: false, parseSpecial: false).map(\.rawValue)
            #expect(actual == expected, "\(text.debugDescription)")
        }
    }
}
