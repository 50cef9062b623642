import JSON
import OpenAIAPI
import Testing

@Suite struct CompletionRequestTests {
    @Test func aMinimalRequestGetsTheDefaults() throws {
        let request = try CompletionRequest(parsing: completion().utf8)
        #expect(request.prompts == [.text("hi")])
        #expect(request.stopping.maxTokens == 16)
        #expect(request.choicesPerPrompt == 1 && request.candidatesPerPrompt == 1)
        #expect(!request.echo && request.logprobs == nil && request.stream == nil)
    }

    @Test(arguments: [
        (#""""#, [Prompt.text("")]),
        (#"["a","b"]"#, [.text("a"), .text("b")]),
        ("[1,2.0]", [.tokens([1, 2])]),
        ("[[1],[2,3]]", [.tokens([1]), .tokens([2, 3])]),
    ])
    func promptsComeInFourForms(prompt: String, expected: [Prompt]) throws {
        #expect(try CompletionRequest(parsing: #"{"model":"m","prompt":\#(prompt)}"#.utf8).prompts == expected)
    }

    @Test(arguments: [
        ("null", "prompt"), ("[]", "prompt"), ("[[]]", "prompt[0]"), ("5", "prompt"), ("{}", "prompt"),
        (#"["a",1]"#, "prompt[1]"), (#"[1,"a"]"#, "prompt[1]"), ("[-1]", "prompt[0]"), ("[1.5]", "prompt[0]"),
        ("[[1],[2147483648]]", "prompt[1][0]"), ("[[1],2]", "prompt[1]"), ("[null]", "prompt"), ("[true]", "prompt"),
    ])
    func badPromptsAreRefusedByPlace(prompt: String, param: String) {
        #expect(completionError(#"{"model":"m","prompt":\#(prompt)}"#)?.param == param)
    }

    @Test func atMost2048Prompts() {
        let prompts = Array(repeating: "\"a\"", count: 2048).joined(separator: ",")
        #expect(completionError(#"{"model":"m","prompt":[\#(prompts)]}"#) == nil)
        #expect(completionError(#"{"model":"m","prompt":[\#(prompts),"a"]}"#)?.param == "prompt")
    }

    /// What evaluation harnesses send to score a text.
    @Test func scoringARequest() throws {
        let request = try CompletionRequest(
            parsing: completion(#""max_tokens":0,"echo":true,"logprobs":1,"temperature":0,"seed":1234"#).utf8)
        #expect(request.stopping.maxTokens == 0)
        #expect(request.echo && request.logprobs == 1)
    }

    @Test func bestOfCountsCandidates() throws {
        let request = try CompletionRequest(parsing: completion(#""n":2,"best_of":3"#).utf8)
        #expect(request.choicesPerPrompt == 2 && request.candidatesPerPrompt == 3)
        #expect(completionError(completion(#""n":2,"best_of":2,"stream":true"#)) == nil)
    }

    @Test(arguments: [
        (#""n":3,"best_of":2"#, "best_of"), (#""best_of":2,"stream":true"#, "best_of"), (#""best_of":21"#, "best_of"),
        (#""best_of":0"#, "best_of"), (#""logprobs":6"#, "logprobs"), (#""logprobs":true"#, "logprobs"),
        (#""max_tokens":-1"#, "max_tokens"), (#""suffix":"x","echo":true"#, "echo"), (#""suffix":1"#, "suffix"),
        (#""messages":[]"#, "messages"),
        (#""max_completion_tokens":1"#, "max_completion_tokens"), (#""echo":1"#, "echo"),
        (#""min_tokens":17"#, "min_tokens"), (#""stream_options":{}"#, "stream_options"),
    ])
    func badValuesAreRefusedByName(members: String, param: String) {
        let error = completionError(completion(members))
        #expect(error?.status == 400)
        #expect(error?.param == param)
    }

    @Test func anEmptySuffixAsksForNothing() throws {
        #expect(try CompletionRequest(parsing: completion(#""suffix":"","echo":true"#).utf8).suffix == nil)
        #expect(try CompletionRequest(parsing: completion(#""suffix":"x""#).utf8).suffix == "x")
    }

    @Test func tokenizeAndDetokenize() throws {
        let plain = try TokenizeRequest(parsing: #"{"content":"x"}"#.utf8)
        #expect(plain.model == nil && plain.parsesSpecialTokens && !plain.addsSpecialTokens && !plain.withPieces)
        let body = #"{"model":"m","content":"x","add_special":true,"parse_special":false,"with_pieces":true}"#
        let full = try TokenizeRequest(parsing: body.utf8)
        #expect(full.model == "m" && !full.parsesSpecialTokens && full.addsSpecialTokens && full.withPieces)
        #expect(error { () throws(APIError) in _ = try TokenizeRequest(["text": "x"]) }?.param == "text")
        #expect(error { () throws(APIError) in _ = try TokenizeRequest([:]) }?.param == "content")
        #expect(try DetokenizeRequest(["tokens": []]).tokens == [])
        #expect(try DetokenizeRequest(["model": "m", "tokens": [3, 1.0]]).tokens == [3, 1])
        #expect(error { () throws(APIError) in _ = try DetokenizeRequest(["tokens": [1, "2"]]) }?.param == "tokens[1]")
    }
}
