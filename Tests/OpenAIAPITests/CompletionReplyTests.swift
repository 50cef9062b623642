import OpenAIAPI
import Testing

@Suite struct CompletionReplyTests {
    private static let start =
        #"{"id":"id-1","object":"text_completion","created":1700000000,"model":"m","system_fingerprint":"fp","choices":["#

    private func token(_ text: String, _ logprob: Double?, _ others: [(String, Double)] = []) -> TokenLogprob {
        TokenLogprob(
            bytes: Array(text.utf8), logprob: logprob,
            alternatives: others.map { .init(bytes: Array($0.0.utf8), logprob: $0.1) })
    }

    @Test func aWholeReply() {
        let logprobs = CompletionLogprobs([
            token("Hé", nil), token("llo", -1, [("x", -0.5), ("llo", -1)]), token("!", -3, [("?", -.infinity)]),
        ])
        let reply = Completion(
            identity: identity,
            choices: [
                .init(text: "Héllo!", finishReason: .length, logprobs: logprobs), .init(text: "", finishReason: .stop),
            ],
            usage: Usage(promptTokens: 2) + Usage(promptTokens: 1, completionTokens: 1))
        #expect(
            text(reply.body) == Self.start
                + #"{"index":0,"text":"Héllo!","logprobs":{"text_offset":[0,2,5],"token_logprobs":[null,-1.0,-3.0],"#
                + #""tokens":["Hé","llo","!"],"top_logprobs":[null,{"x":-0.5,"llo":-1.0},{"?":-9999.0,"!":-3.0}]},"#
                + #""finish_reason":"length"},{"index":1,"text":"","logprobs":null,"finish_reason":"stop"}],"#
                + #""usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4,"#
                + #""prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"#
                + #""completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"#
                + #""accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}"#)
    }

    @Test func chunksOfAStream() {
        let plain = CompletionChunkWriter(identity: identity, includesUsage: false)
        #expect(
            text(plain.text("a", choice: 2)) == Self.start
                + #"{"index":2,"text":"a","logprobs":null,"finish_reason":null}]}"#)
        #expect(plain.usage(Usage()) == nil)
        let counting = CompletionChunkWriter(identity: identity, includesUsage: true)
        #expect(
            text(counting.text("", choice: 0, finishReason: .stop)) == Self.start
                + #"{"index":0,"text":"","logprobs":null,"finish_reason":"stop"}],"usage":null}"#)
        #expect(counting.usage(Usage()).map(text)?.hasPrefix(Self.start + #"],"usage":{"prompt_tokens":0,"#) == true)
    }

    /// Four tokens of one byte each that together are one character, then a letter.
    @Test func offsetsCountCharactersNotBytes() {
        var logprobs = CompletionLogprobs([token("a", -1)])
        for byte in Array("😀b".utf8) { logprobs.append(TokenLogprob(bytes: [byte], logprob: -1)) }
        #expect(offsets(logprobs) == "[0,1,1,1,1,2]")
    }

    @Test func offsetsGoOnFromChunkToChunk() {
        var logprobs = CompletionLogprobs()
        logprobs.append(token("ab", -1))
        #expect(offsets(logprobs.takeAll()) == "[0]")
        #expect(logprobs.isEmpty)
        logprobs.append(token("c", -1))
        logprobs.append(token("d", -1))
        #expect(offsets(logprobs.takeAll()) == "[2,3]")
    }

    @Test func piecesOfCharactersAreSpelledOut() {
        let logprobs = CompletionLogprobs([
            TokenLogprob(bytes: [0xE2, 0x08], logprob: -1, alternatives: [.init(bytes: [0xE2, 0x09], logprob: -2)])
        ])
        let chunk = CompletionChunkWriter(identity: identity, includesUsage: false).text(
            "", choice: 0, logprobs: logprobs)
        #expect(text(chunk).contains(#""tokens":["bytes:\\xe2\\x08"]"#))
        #expect(text(chunk).contains(#""top_logprobs":[{"bytes:\\xe2\\x09":-2.0,"bytes:\\xe2\\x08":-1.0}]"#))
    }

    private func offsets(_ logprobs: CompletionLogprobs) -> String? {
        let chunk = text(
            CompletionChunkWriter(identity: identity, includesUsage: false).text("", choice: 0, logprobs: logprobs))
        guard let start = chunk.firstRange(of: #""text_offset":"#)?.upperBound,
            let end = chunk[start...].firstIndex(of: "]")
        else { return nil }
        return String(chunk[start...end])
    }

    @Test func modelsAndTokens() {
        let model = Model(
            id: "m", created: 5, ownedBy: "needletail", contextLength: 2048,
            abilities: Model.Abilities(chat: true, completion: true),
            samplingDefaults: SamplingDefaults(temperature: 0.6, topK: 20))
        let rest =
            #""max_model_len":2048,"context_window":2048,"#
            + #""capabilities":{"chat":true,"completion":true,"infill":false,"embeddings":false,"#
            + #""rerank":false,"score":false,"classify":false,"fill_mask":false},"#
            + #""sampling_defaults":{"temperature":0.6,"top_p":1.0,"top_k":20,"min_p":0.0,"repetition_penalty":1.0}}"#
        let object =
            #"{"id":"m","object":"model","created":5,"owned_by":"needletail","root":"m","parent":null,\#(rest)"#
        let alias =
            #"{"id":"a/b","object":"model","created":5,"owned_by":"needletail","root":"m","parent":"m",\#(rest)"#
        #expect(text(model.body) == object)
        #expect(
            text(ModelList([model, model.alias(named: "a/b")]).body)
                == #"{"object":"list","data":[\#(object),\#(alias)]}"#)
        #expect(text(TokenizeReply(tokens: [1, 2]).body) == #"{"tokens":[1,2]}"#)
        #expect(
            text(TokenizeReply(tokens: [1, 2], pieces: [[0x61], [0xFF, 0x00]]).body)
                == #"{"tokens":[{"id":1,"piece":"a"},{"id":2,"piece":[255,0]}]}"#)
        #expect(text(DetokenizeReply(content: "a\tb").body) == #"{"content":"a\tb"}"#)
    }
}
