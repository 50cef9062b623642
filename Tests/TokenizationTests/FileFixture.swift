import Foundation
import Testing
import Tokenization

/// A tiny `tokenizer.json` and what the `tokenizers` library makes of some texts with it; see
/// `make_tokenizer_file_fixtures.py`.
struct FileFixture: Decodable, CustomTestStringConvertible {
    struct Pair: Decodable {
        var first: String
        var second: String
        var ids: [Int32]
        var segments: [Int]
    }

    var name: String
    var file: String
    var texts: [String]
    var ids: [[Int32]]
    var decoded: [String]
    var pairs: [Pair]

    var testDescription: String { name }

    func tokenizer() throws -> Tokenizer {
        try Tokenizer(tokenizerFile: Array(file.utf8), configuration: nil)
    }

    static let all: [FileFixture] = {
        guard
            let url = Bundle.module.url(
                forResource: "tokenizer-files", withExtension: "json", subdirectory: "Fixtures"),
            let data = try? Data(contentsOf: url)
        else { return [] }
        return (try? JSONDecoder().decode([FileFixture].self, from: data)) ?? []
    }()

    static func named(_ name: String) throws -> FileFixture {
        try #require(all.first { $0.name == name })
    }
}
