import JSON
import OpenAIAPI
import Testing

@Suite struct EmbeddingRequestTests {
    @Test(arguments: [
        (#""a""#, [Prompt.text("a")]), (#"["a","b"]"#, [.text("a"), .text("b")]), ("[1,2]", [.tokens([1, 2])]),
        ("[[1],[2]]", [.tokens([1]), .tokens([2])]),
    ])
    func inputsComeInFourForms(input: String, expected: [Prompt]) throws {
        let request = try EmbeddingRequest(parsing: #"{"model":"m","input":\#(input)}"#.utf8)
        #expect(request.inputs == expected && request.encoding == .float && request.dimensions == nil)
    }

    @Test func whatOpenAIsClientsSend() throws {
        let body = #"{"model":"m","input":["a"],"encoding_format":"base64","dimensions":8,"user":"u"}"#
        let request = try EmbeddingRequest(parsing: body.utf8)
        #expect(request.encoding == .base64 && request.dimensions == 8)
    }

    @Test(arguments: [
        (#""input":"""#, "input"), (#""input":["a",""]"#, "input[1]"), (#""input":[]"#, "input"),
        (#""input":[[]]"#, "input[0]"), (#""input":null"#, "input"), (#""input":["a",1]"#, "input[1]"),
        (#""input":"a","dimensions":0"#, "dimensions"), (#""input":"a","encoding_format":"int8""#, "encoding_format"),
        (#""input":"a","task":"x""#, "task"),
    ])
    func badValuesAreRefusedByName(members: String, param: String) {
        let error = error { () throws(APIError) in
            _ = try EmbeddingRequest(parsing: #"{"model":"m",\#(members)}"#.utf8)
        }
        #expect(error?.status == 400 && error?.param == param)
    }
}
