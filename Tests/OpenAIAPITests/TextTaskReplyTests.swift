import Foundation
import JSON
import OpenAIAPI
import Testing

@Suite struct TextTaskReplyTests {
    @Test func vectorsAsNumbers() {
        let list = EmbeddingList(
            model: "m", vectors: [[0.5, -0.25, 1e-8], [3]], encoding: .float, promptTokens: 4)
        #expect(
            text(list.body)
                == #"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-0.25,1e-08]},"#
                + #"{"object":"embedding","index":1,"embedding":[3.0]}],"model":"m","#
                + #""usage":{"prompt_tokens":4,"total_tokens":4}}"#)
    }

    /// Every float survives both ways of writing it.
    @Test func vectorsSurviveEitherEncoding() throws {
        var generator = SystemRandomNumberGenerator()
        for count in [0, 1, 2, 3, 4, 5, 384] {
            var vector: [Float] = []
            while vector.count < count {
                let number = Float(bitPattern: UInt32.random(in: .min ... .max, using: &generator))
                if number.isFinite { vector.append(number) }
            }
            var list = EmbeddingList(model: "m", vectors: [vector], encoding: .float, promptTokens: 0)
            let numbers = try #require(try JSONValue(parsing: list.body)["data"]?[0]?["embedding"]?.arrayValue)
            #expect(numbers.compactMap(\.doubleValue).map(Float.init) == vector)
            list.encoding = .base64
            let string = try #require(try JSONValue(parsing: list.body)["data"]?[0]?["embedding"]?.stringValue)
            let data = try #require(Data(base64Encoded: string))
            #expect(string == data.base64EncodedString())
            let read = stride(from: 0, to: data.count, by: 4).map { start in
                Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(data[start + $1]) << (8 * UInt32($1)) })
            }
            #expect(read.map(\.bitPattern) == vector.map(\.bitPattern))
        }
    }

    @Test func rankings() {
        let reply = RerankReply(
            id: "rerank-1", model: "m",
            results: [
                .init(index: 1, relevance: 0.75, document: "b\""), .init(index: 0, relevance: -0.5, document: nil),
            ],
            promptTokens: 9)
        #expect(
            text(reply.body)
                == #"{"id":"rerank-1","object":"list","model":"m","results":["#
                + #"{"index":1,"relevance_score":0.75,"document":{"text":"b\""}},{"index":0,"relevance_score":-0.5}],"#
                + #""usage":{"prompt_tokens":9,"total_tokens":9},"meta":{"api_version":{"version":"2"},"#
                + #""billed_units":{"search_units":1},"tokens":{"input_tokens":9,"output_tokens":0}}}"#)
    }

    @Test(arguments: [
        (
            TextTaskData.scores([0.5, 2]),
            #"{"index":0,"object":"score","score":0.5},{"index":1,"object":"score","score":2.0}"#
        ),
        (
            .classifications([
                .init(label: "good", probabilities: [0.25, 0.75]), .init(label: nil, probabilities: [1]),
            ]),
            #"{"index":0,"label":"good","probs":[0.25,0.75],"num_classes":2},"#
                + #"{"index":1,"label":null,"probs":[1.0],"num_classes":1}"#
        ),
        (
            .fills([.init(index: 1, mask: 0, candidates: [.init(token: 7, text: "x", score: 0.5, sequence: "a x")])]),
            #"{"index":1,"object":"fill_mask","mask":0,"candidates":["#
                + #"{"score":0.5,"token":7,"token_str":"x","sequence":"a x"}]}"#
        ),
    ])
    func dataOfEachKind(data: TextTaskData, expected: String) {
        let reply = TextTaskReply(id: "i", created: 5, model: "m", data: data, promptTokens: 3)
        #expect(
            text(reply.body)
                == #"{"id":"i","object":"list","created":5,"model":"m","data":[\#(expected)],"#
                + #""usage":{"prompt_tokens":3,"total_tokens":3,"completion_tokens":0,"prompt_tokens_details":null}}"#)
    }

    @Test func idsSayWhatTheyAreOf() {
        #expect(ReplyIdentity.textTaskID(.rerank).hasPrefix("rerank-"))
        #expect(ReplyIdentity.textTaskID(.fillMask).hasPrefix("fillmask-"))
    }
}
