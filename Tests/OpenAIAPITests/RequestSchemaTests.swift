import JSON
import OrderedCollections
import Testing

@testable import OpenAIAPI

@Suite struct RequestSchemaTests {
    @Test(arguments: RequestSchema.all)
    func noRowStandsTwice(schema: RequestSchema) {
        #expect(Set(schema.fields.map(\.name)).count == schema.fields.count)
    }

    @Test(arguments: RequestSchema.all)
    func rowsAreSound(schema: RequestSchema) throws {
        for field in schema.fields {
            if let value = field.defaultValue { #expect(accepts(value, field.shape), "default of \(field.name)") }
            switch field.effect {
            case .honoured: #expect(!field.summary.isEmpty, "\(field.name) says what it does")
            case .accepted(let reason): #expect(reason.hasSuffix("."), "\(field.name) says why it has no effect")
            case .rejected(let reason, let harmless):
                #expect(reason.hasSuffix("."), "\(field.name) says why it is refused")
                for value in harmless { #expect(accepts(value, field.shape), "harmless value of \(field.name)") }
            }
        }
    }

    private func accepts(_ value: JSONValue, _ shape: Shape) -> Bool {
        var validator = Validator()
        return error { () throws(APIError) in try validator.check(value, shape) } == nil
    }

    /// Values that are wrong for almost every field: whatever a field makes of them, it is an answer and names the field.
    @Test(arguments: RequestSchema.all)
    func everyFieldMeetsHostileValues(schema: RequestSchema) {
        let hostile: [JSONValue] = [
            -1, 0, 1, 9e99, .integer(Int.max), .integer(Int.min), 0.5, true, "", "x", [], [[]], [nil], [:],
            ["a": nil], ["type": "x"], [["role": "x"]],
        ]
        for field in schema.fields {
            for value in hostile {
                var body: JSONObject = ["model": "m", "content": "c", "tokens": [], "prompt": "p", "input": "i"]
                body = body.filter { name, _ in schema.fields.contains { $0.name == name } }
                if schema.fields.contains(where: { $0.name == "messages" }) {
                    body["messages"] = [["role": "user", "content": "hi"]]
                }
                body[field.name] = value
                guard let error = refusal(.object(body), by: schema) else { continue }
                #expect(error.status == 400)
                #expect(error.param != nil, "\(field.name): \(error)")
            }
        }
    }

    private func refusal(_ body: JSONValue, by schema: RequestSchema) -> APIError? {
        error { () throws(APIError) in
            switch schema.name {
            case RequestSchema.chatCompletion.name: _ = try ChatCompletionRequest(body)
            case RequestSchema.completion.name: _ = try CompletionRequest(body)
            case RequestSchema.tokenize.name: _ = try TokenizeRequest(body)
            case RequestSchema.embedding.name: _ = try EmbeddingRequest(body)
            case RequestSchema.applyTemplate.name: _ = try ApplyTemplateRequest(body)
            default: _ = try DetokenizeRequest(body)
            }
        }
    }

    @Test func everyPrefixAndEveryChangedByteGetsAnAnswer() {
        let body = Array(
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"é\n"}]}],"stop":["a"],"n":2}"#
                .utf8)
        for length in body.indices {
            let error = error { () throws(APIError) in _ = try ChatCompletionRequest(parsing: body.prefix(length)) }
            #expect(error?.code == "invalid_json")
        }
        var generator = SplitMix(state: 1)
        for _ in 0..<20_000 {
            var changed = body
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                changed[Int.random(in: changed.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            let error = error { () throws(APIError) in _ = try ChatCompletionRequest(parsing: changed) }
            #expect(error.map { $0.status == 400 } ?? true)
        }
    }

    /// What the document says of a token's id and what the server takes are the same.
    @Test func thePatternOfTokenIDsHasTheirBound() throws {
        let names = RequestSchema.chatCompletion.jsonSchema["properties"]?["logit_bias"]?["propertyNames"]
        let pattern = try Regex(try #require(names?["pattern"]?.stringValue))
        for id in ["0", "7", "10", "999999999", "1000000000", "1999999999", "2147483646", "2147483647"] {
            #expect(id.wholeMatch(of: pattern) != nil, "\(id)")
            #expect(chatError(chat("\"logit_bias\":{\"\(id)\":1}")) == nil, "\(id)")
        }
        for id in ["", "00", "01", "-1", "1.0", "2147483648", "2150000000", "3000000000", "9999999999", "10000000000"] {
            #expect(id.wholeMatch(of: pattern) == nil, "\(id)")
            #expect(chatError(chat("\"logit_bias\":{\"\(id)\":1}"))?.status == 400, "\(id)")
        }
    }

    @Test func aPatternHasExactlyTheNumbersUpToItsBound() throws {
        for bound in [0, 1, 9, 10, 19, 20, 99, 100, 101, 128, 700, 999] {
            let pattern = try Regex(Shape.decimalPattern(upTo: bound))
            for number in 0...1100 {
                #expect((String(number).wholeMatch(of: pattern) != nil) == (number <= bound), "\(number) of \(bound)")
            }
        }
    }

    @Test func theSchemaForDocumentationFollowsTheTable() {
        let schema = RequestSchema.chatCompletion.jsonSchema
        #expect(schema["required"] == ["model", "messages"])
        #expect(schema["additionalProperties"] == false)
        let properties = schema["properties"]
        #expect(
            properties?["temperature"]?.text.hasPrefix(
                #"{"type":["number","null"],"minimum":0,"maximum":2,"default":1"#) == true)
        #expect(properties?["n"]?["maximum"] == 128)
        #expect(properties?["echo"]?["enum"] == [false, nil])
        let metadata = properties?["metadata"]
        #expect(metadata?["maxProperties"] == 16 && metadata?["additionalProperties"]?["maxLength"] == 512)
        #expect(metadata?["propertyNames"]?["maxLength"] == 64)
        #expect(properties?["prompt_embeds"] == nil)
    }
}

/// A small random generator with a seed, so that a failure can be repeated.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
