import JSON
import OpenAIAPI
import OrderedCollections
import Testing
import Tokenization

@testable import InferenceService

@Suite struct RequestCheckTests {
    private let check = RequestCheck(vocabularySize: 100, contextLength: 64)

    @Test func tokensOutsideTheVocabularyAreNamed() throws {
        #expect(try check.tokens([0, 99], param: "prompt").map(\.rawValue) == [0, 99])
        for token in [-1, 100, Int.max, Int.min] {
            let error = #expect(throws: APIError.self) { try check.tokens([1, token], param: "prompt") }
            #expect(error?.status == 400 && error?.param == "prompt[1]")
        }
    }

    @Test func theContextIsPromptAndReplyTogether() throws {
        try check.check(promptCount: 60, limit: TokenLimit(4), param: "prompt")
        try check.check(promptCount: 63, limit: nil, param: "prompt")
        try check.check(promptCount: 64, limit: TokenLimit(0), param: "prompt")
        for (count, limit) in [(60, 5), (64, nil), (65, 0), (2, Int.max - 1)] as [(Int, Int?)] {
            let error = #expect(throws: APIError.self) {
                try check.check(promptCount: count, limit: limit.map { TokenLimit($0) }, param: "messages")
            }
            #expect(error?.code == "context_length_exceeded" && error?.param == "messages")
            #expect(error?.message.contains("maximum context length") == true)
        }
    }

    /// A reply that is asked to be too long is the fault of the field that asks, if there is room for the prompt.
    @Test(arguments: [(10, 55, "max_tokens"), (63, 2, "max_tokens"), (10, Int.max, "max_tokens"), (64, 1, "prompt")])
    func theFieldAtFaultIsNamed(count: Int, limit: Int, param: String) {
        let error = #expect(throws: APIError.self) {
            try check.check(promptCount: count, limit: TokenLimit(limit, param: "max_tokens"), param: "prompt")
        }
        #expect(error?.code == "context_length_exceeded" && error?.param == param)
        #expect(error?.message.contains("Shorten the prompt or ask for fewer tokens") == true)
    }

    @Test func aMinimumBeyondTheContextIsRefused() throws {
        try check.check(promptCount: 60, limit: nil, minimum: 4, param: "messages")
        let error = #expect(throws: APIError.self) {
            try check.check(promptCount: 60, limit: nil, minimum: Int(Int32.max), param: "messages")
        }
        #expect(error?.status == 400 && error?.param == "min_tokens")
    }

    @Test func aRequestThatTheQueueCanNeverHoldIsTheCallersFault() throws {
        var check = check
        (check.maximumSequences, check.maximumPromptTokens) = (8, 100)
        try check.check(promptCounts: [10, 10, 10, 10], candidatesPerPrompt: 2, param: "prompt")
        for (counts, candidates) in [([10, 10, 10], 3), ([60, 41], 2)] {
            let error = #expect(throws: APIError.self) {
                try check.check(promptCounts: counts, candidatesPerPrompt: candidates, param: "prompt")
            }
            #expect(error?.status == 400 && error?.param == "prompt")
        }
    }

    @Test func textsThatCannotFitAreRefusedUnread() throws {
        try check.check(byteCount: 64 * 64, param: "prompt")
        #expect(throws: APIError.self) { try check.check(byteCount: 1 << 20, param: "prompt") }
    }

    @Test func templateVariablesComeFromAList() throws {
        try TemplateVariables.check(["enable_thinking": false, "reasoning_effort": "low", "thinking": nil])
        for (name, value) in [
            ("messages", []), ("bos_token", "x"), ("enable_thinking", ["a": 1]),
            ("date_string", .string(String(repeating: "x", count: 5000))),
        ] as [(String, JSONValue)] {
            let error = #expect(throws: APIError.self) { try TemplateVariables.check([name: value]) }
            #expect(error?.param == "chat_template_kwargs.\(name)")
        }
    }

    @Test func onlyLoopbackIsServedWithoutKeys() throws {
        for host in ["127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"] { #expect(LoopbackHost.contains(host)) }
        for host in ["0.0.0.0", "::", "192.168.1.5", "example.org", ""] { #expect(!LoopbackHost.contains(host)) }
    }
}
