import JSON
import OpenAIAPI
import RequestLog
import Testing

@testable import InferenceService

/// What requests become for the model, and its tokens for the client.
@Suite(.timeLimit(.minutes(10))) struct CompletionTests {
    private static let vocabulary = ServedFixture.vocabulary
    private static let width = vocabulary.count

    private func id(_ token: String) throws -> Int32 { Int32(try #require(Self.vocabulary.firstIndex(of: token))) }

    private func body(_ answer: String) throws -> JSONValue {
        let end = try #require(answer.firstRange(of: "\r\n\r\n"))
        return try JSONValue(parsing: answer[end.upperBound...].utf8)
    }

    /// Qwen2.5-Coder's published order: prefix, suffix, middle.
    @Test func aGapIsShownAsTheModelLearntIt() async throws {
        let model = ScriptedModel(vocabularySize: Self.width, favourite: 2)
        let fixture = try await ServedFixture(model)
        let answer = try await fixture.post(
            "/v1/completions", #"{"model":"m","prompt":"ab","suffix":"xy<|fim_middle|>","max_tokens":1}"#)
        #expect(try body(answer)["choices"]?.arrayValue?.first?["text"] == "c")
        // What the caller writes is text, even if it is spelled like a token: none of its letters is in this vocabulary
        // but those of a to z.
        let tokens = model.computedTokens
        #expect(tokens.prefix(4) == [try id("<|fim_prefix|>"), 0, 1, try id("<|fim_suffix|>")])
        #expect(tokens.dropFirst(4).prefix(2) == [23, 24])
        #expect(tokens.last == (try id("<|fim_middle|>")))
        #expect(tokens.filter { $0 >= 26 }.count == 3)
        #expect(try await fixture.rows().map(\.promptTokens) == [tokens.count])
    }

    /// Any of the tokens that belong to gaps ends what fills one.
    @Test(arguments: ServedFixture.special)
    func aFilledGapEndsWithAnyOfItsTokens(end: String) async throws {
        let fixture = try await ServedFixture(
            ScriptedModel(vocabularySize: Self.width, favourite: Int(try id(end))))
        let answer = try await fixture.post(
            "/v1/completions", #"{"model":"m","prompt":"a","suffix":"b","max_tokens":9}"#)
        let choice = try body(answer)["choices"]?.arrayValue?.first
        #expect(choice?["text"] == "" && choice?["finish_reason"] == "stop")
    }

    @Test func aModelWithoutTheTokensRefuses() async throws {
        let fixture = try await ServedFixture(
            ScriptedModel(vocabularySize: 2, favourite: 0), tokens: ["a", "<|endoftext|>"])
        let answer = try await fixture.post("/v1/completions", #"{"model":"m","prompt":"a","suffix":"a"}"#)
        let error = try body(answer)["error"]
        #expect(answer.hasPrefix("HTTP/1.1 400 ") && error?["param"] == "suffix")
    }

    /// A token that the server put before the prompt has no text, so it moves no offset.
    @Test func offsetsStartBehindTheTokenThatBeginsATextWithNothing() async throws {
        let model = ScriptedModel(vocabularySize: Self.width, favourite: 2)
        let fixture = try await ServedFixture(model, bos: true)
        let answer = try await fixture.post(
            "/v1/completions", #"{"model":"m","prompt":"ab","echo":true,"logprobs":0,"max_tokens":2}"#)
        #expect(model.computedTokens.first == (try id("<|endoftext|>")))
        let choice = try body(answer)["choices"]?.arrayValue?.first
        #expect(choice?["text"] == "abcc")
        let logprobs = choice?["logprobs"]
        #expect(logprobs?["text_offset"] == [0, 0, 1, 2, 3])
        #expect(logprobs?["tokens"] == ["<|endoftext|>", "a", "b", "c", "c"])
        #expect(logprobs?["token_logprobs"]?.arrayValue?.first?.isNull == true)
    }

    /// So hot that the model's favourite is one of many.
    @Test(arguments: [
        ("/v1/completions", #""prompt":"a""#), ("/v1/chat/completions", #""messages":[{"role":"user","content":"a"}]"#),
    ])
    func whatTheMakersRecommendHoldsWhereTheRequestIsSilent(path: String, prompt: String) async throws {
        let fixture = try await ServedFixture(
            ScriptedModel(vocabularySize: Self.width, favourite: 2), chatTemplate: "{{ messages[0].content }}",
            sampling: SamplingDefaults(temperature: 100))
        for (temperature, isFavourite) in [("", false), (#","temperature":null"#, false), (#","temperature":1"#, true)]
        {
            let answer = try await fixture.post(
                path, #"{"model":"m","max_tokens":9,"seed":1,"ignore_eos":true,\#(prompt)\#(temperature)}"#)
            #expect(answer.contains("ccccccccc") == isFavourite)
        }
    }

    @Test(arguments: [(nil, nil), ("auto", "default"), ("default", "default"), ("flex", "flex")])
    func theTierThatServedARequestIsNamedIfItSpokeOfOne(asked: String?, named: String?) async throws {
        let fixture = try await ServedFixture(ScriptedModel(vocabularySize: Self.width, favourite: 2))
        let tier = asked.map { #","service_tier":"\#($0)""# } ?? ""
        for stream in ["", #","stream":true"#] {
            let answer = try await fixture.post(
                "/v1/completions", #"{"model":"m","prompt":"a","max_tokens":1\#(tier)\#(stream)}"#)
            #expect(answer.contains(#""service_tier":"\#(named ?? "")""#) == (named != nil))
            #expect(answer.contains("service_tier") == (named != nil))
        }
    }

    /// OpenAI's replies have null beside `tool_calls`, and clients send them back as they came, or without it.
    @Test(arguments: [
        // A template that only appends content to a text.
        (#""content":null,"#, "'x' + message.content", "xabxxcd"), ("", "'x' + message.content", "xabxxcd"),
        // One that knows of calls is shown what came.
        (#""content":null,"#, "'y' if message.content is none else 'z'", "zyz"),
        ("", "'z' if message.content is defined else 'y'", "zyz"),
    ])
    func aTemplateThatNeedsContentGetsSomeForACall(content: String, source: String, prompt: String) async throws {
        let model = ScriptedModel(vocabularySize: Self.width, favourite: 2)
        let fixture = try await ServedFixture(
            model, chatTemplate: "{% for message in messages %}{{ \(source) }}{% endfor %}")
        let call = #"{"type":"function","id":"i","function":{"name":"f","arguments":"{}"}}"#
        let answer = try await fixture.post(
            "/v1/chat/completions",
            #"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"ab"},{"role":"assistant","#
                + #"\#(content)"tool_calls":[\#(call)]},{"role":"tool","tool_call_id":"i","content":"cd"}]}"#)
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        #expect(model.computedTokens == (try prompt.map { try id(String($0)) }))
    }

    @Test func whatATemplateRefusesForAnotherReasonStaysRefused() async throws {
        let fixture = try await ServedFixture(
            ScriptedModel(vocabularySize: Self.width, favourite: 2), chatTemplate: "{{ raise_exception('not so') }}")
        let answer = try await fixture.post(
            "/v1/chat/completions",
            #"{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"type":"function","id":"i","#
                + #""function":{"name":"f","arguments":"{}"}}]}]}"#)
        #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("not so"))
    }

    @Test func chunksArePaddedWhereThatIsAskedFor() async throws {
        let fixture = try await ServedFixture(ScriptedModel(vocabularySize: Self.width, favourite: 2))
        for (wanted, count) in [("true", 4), ("false", 0)] {
            let options = #""stream":true,"stream_options":{"include_obfuscation":\#(wanted)}"#
            let answer = try await fixture.post(
                "/v1/completions", #"{"model":"m","prompt":"a","max_tokens":3,\#(options)}"#)
            #expect(answer.split(separator: "obfuscation").count - 1 == count)
        }
    }
}
