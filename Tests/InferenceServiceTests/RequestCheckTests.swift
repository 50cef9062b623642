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
        try check.check(promptCount: 60, maxTokens: 4, param: "prompt")
        try check.check(promptCount: 63, maxTokens: nil, param: "prompt")
        try check.check(promptCount: 64, maxTokens: 0, param: "prompt")
        for (count, limit) in [(60, 5), (64, nil), (65, 0), (2, Int.max - 1)] as [(Int, Int?)] {
            let error = #expect(throws: APIError.self) {
                try check.check(promptCount: count, maxTokens: limit, param: "messages")
            }
            #expect(error?.code == "context_length_exceeded" && error?.param == "messages")
            #expect(error?.message.contains("maximum context length") == true)
        }
    }

    @Test func aRequestThatTheQueueCanNeverHoldIsTheCallersFault() throws {
        var check = check
        (check.maximumSequences, check.maximumPromptTokens) = (8, 100)
        try check.check(promptCounts: [10, 10, 10, 10], candidatesPerPrompt: 2)
        for (counts, candidates) in [([10, 10, 10], 3), ([60, 41], 2)] {
            let error = #expect(throws: APIError.self) {
                try check.check(promptCounts: counts, candidatesPerPrompt: candidates)
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
