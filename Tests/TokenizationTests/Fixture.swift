import Foundation
import Testing
import Tokenization

/// A small vocabulary and what the reference tokeniser makes of some texts; see `make_tokenizer_fixture.py`.
struct Fixture: Decodable {
    var tokens: [String]
    var kinds: [Int32]
    var merges: [String]
    var texts: [String]
    /// For each splitting rule the ids of each text.
    var ids: [String: [[Int32]]]

    static let shared: Result<Fixture, any Error> = Result {
        let url = try #require(
            Bundle.module.url(forResource: "tokenizer", withExtension: "json", subdirectory: "Fixtures"))
        return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
    }

    func vocabulary(_ preTokenizer: String = "gpt-2") -> Vocabulary {
        Vocabulary(
            scheme: .byteLevelBPE, preTokenizer: preTokenizer, tokens: tokens, kinds: kinds, merges: merges,
            special: .init(bos: id("<|im_start|>"), eos: id("<|im_end|>")))
    }

    func id(_ token: String) -> TokenID? {
        tokens.firstIndex(of: token).map { TokenID(rawValue: Int32($0)) }
    }

    static func tokenizer(_ preTokenizer: String = "gpt-2") throws -> Tokenizer {
        try Tokenizer(shared.get().vocabulary(preTokenizer))
    }
}

/// Random numbers that a seed determines (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
