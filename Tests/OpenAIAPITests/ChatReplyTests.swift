import OpenAIAPI
import Testing

@Suite struct ChatReplyTests {
    private static let chunkStart =
        #"{"id":"id-1","object":"chat.completion.chunk","created":1700000000,"model":"m","system_fingerprint":"fp","choices":["#

    @Test func aWholeReply() {
        let reply = ChatCompletion(
            identity: identity,
            choices: [
                .init(content: "a\"\n", finishReason: .stop), .init(content: "", finishReason: .length, logprobs: []),
            ],
            usage: Usage(promptTokens: 3, cachedTokens: 2, completionTokens: 4))
        #expect(
            text(reply.body)
                == #"{"id":"id-1","object":"chat.completion","created":1700000000,"model":"m","system_fingerprint":"fp","#
                + #""choices":[{"index":0,"message":{"role":"assistant","content":"a\"\n","refusal":null},"#
                + #""logprobs":null,"finish_reason":"stop"},"#
                + #"{"index":1,"message":{"role":"assistant","content":"","refusal":null},"#
                + #""logprobs":{"content":[],"refusal":null},"finish_reason":"length"}],"#
                + #""usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,"#
                + #""prompt_tokens_details":{"cached_tokens":2,"audio_tokens":0},"#
                + #""completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"#
                + #""accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}"#)
    }

    @Test func chunksOfAStream() {
        let writer = ChatChunkWriter(identity: identity, includesUsage: false)
        #expect(
            text(writer.opening(choice: 0)) == Self.chunkStart
                + #"{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}"#
        )
        #expect(
            text(writer.content("é\\", choice: 1)) == Self.chunkStart
                + #"{"index":1,"delta":{"content":"é\\"},"logprobs":null,"finish_reason":null}]}"#)
        #expect(
            text(writer.closing(choice: 0, finishReason: .length)) == Self.chunkStart
                + #"{"index":0,"delta":{},"logprobs":null,"finish_reason":"length"}]}"#)
        #expect(writer.usage(Usage()) == nil)
    }

    @Test func chunksOfAStreamWithUsage() {
        let writer = ChatChunkWriter(identity: identity, includesUsage: true)
        for chunk in [
            writer.opening(choice: 0), writer.content("x", choice: 0), writer.closing(choice: 0, finishReason: .stop),
        ] {
            #expect(text(chunk).hasSuffix(#"],"usage":null}"#))
        }
        let usage = writer.usage(Usage(promptTokens: 1, completionTokens: 2)).map(text)
        #expect(usage?.hasPrefix(Self.chunkStart + #"],"usage":{"prompt_tokens":1,"completion_tokens":2,"#) == true)
    }

    /// Whatever the text, its chunk has one of few lengths, and is the same but for the padding.
    @Test(arguments: [false, true])
    func paddingEvensLengthsOut(includesUsage: Bool) throws {
        let padded = ChatChunkWriter(identity: identity, includesUsage: includesUsage, isPadded: true)
        let plain = ChatChunkWriter(identity: identity, includesUsage: includesUsage)
        var lengths: Set<Int> = []
        for length in 0..<64 {
            let word = String(repeating: "x", count: length)
            let chunk = padded.content(word, choice: 0)
            #expect(chunk.count.isMultiple(of: 64))
            lengths.insert(chunk.count)
            let shown = text(chunk)
            let start = try #require(shown.firstRange(of: #","obfuscation":""#))
            #expect(shown[..<start.lowerBound] + "}" == text(plain.content(word, choice: 0)))
            let padding = shown[start.upperBound...].dropLast(2)
            #expect((1...64).contains(padding.count) && shown.hasSuffix("\"}"))
        }
        #expect(lengths.count <= 2)
        #expect(padded.content("a", choice: 0) != padded.content("a", choice: 0))
        for chunk in [padded.opening(choice: 0), padded.closing(choice: 0, finishReason: .stop)] {
            #expect(text(chunk).contains("obfuscation"))
        }
        #expect(padded.usage(Usage()).map { text($0).contains("obfuscation") } != true)
    }

    @Test func theTierIsNamedWhereOneIsKnown() {
        var tiered = identity
        tiered.serviceTier = .flex
        let chunk = text(ChatChunkWriter(identity: tiered, includesUsage: false).content("", choice: 0))
        #expect(chunk.contains(#""system_fingerprint":"fp","service_tier":"flex","choices""#))
        let whole = ChatCompletion(identity: tiered, choices: [], usage: Usage()).body
        #expect(text(whole).contains(#""service_tier":"flex""#))
        #expect(!text(ChatCompletion(identity: identity, choices: [], usage: Usage()).body).contains("service_tier"))
    }

    @Test func logprobsAreFiniteAndKeepTheirBytes() {
        let tokens = [
            TokenLogprob(
                bytes: Array("hi".utf8), logprob: -0.5,
                alternatives: [
                    .init(bytes: Array("hi".utf8), logprob: -0.5), .init(bytes: [0xC3], logprob: -.infinity),
                ]),
            TokenLogprob(bytes: [0xA9], logprob: .nan),
            TokenLogprob(bytes: [], logprob: -0.0),
        ]
        let chunk = ChatChunkWriter(identity: identity, includesUsage: false).content("hi", choice: 0, logprobs: tokens)
        #expect(
            text(chunk) == Self.chunkStart + #"{"index":0,"delta":{"content":"hi"},"logprobs":{"content":["#
                + #"{"token":"hi","logprob":-0.5,"bytes":[104,105],"top_logprobs":["#
                + #"{"token":"hi","logprob":-0.5,"bytes":[104,105]},"#
                + "{\"token\":\"\u{FFFD}\",\"logprob\":-9999.0,\"bytes\":[195]}]},"
                + "{\"token\":\"\u{FFFD}\",\"logprob\":-9999.0,\"bytes\":[169],\"top_logprobs\":[]},"
                + #"{"token":"","logprob":0.0,"bytes":[],"top_logprobs":[]}],"refusal":null},"finish_reason":null}]}"#)
    }

    @Test func namesAreEscaped() {
        var odd = identity
        odd.model = "a\"b\u{1}"
        let chunk = ChatChunkWriter(identity: odd, includesUsage: false).content("", choice: 0)
        #expect(text(chunk).contains(#""model":"a\"b\u0001""#))
    }

    @Test func idsAreFreshAndTellTheirKind() {
        let ids = (0..<100).map { _ in ReplyIdentity.chatCompletionID() }
        #expect(Set(ids).count == 100)
        #expect(ids.allSatisfy { $0.hasPrefix("chatcmpl-") && $0.count == 33 })
        #expect(ReplyIdentity.completionID().hasPrefix("cmpl-"))
    }
}
