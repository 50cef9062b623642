import JSON
import OpenAIAPI
import Testing

@Suite struct TextTaskRequestTests {
    // MARK: Truncation

    @Test(arguments: [
        ("", Truncation.never), (#","truncate":false"#, .never), (#","truncate":true"#, .toModelLimit),
        (#","truncate_prompt_tokens":-1"#, .toModelLimit), (#","truncate_prompt_tokens":7"#, .toTokens(7)),
        (#","truncate_prompt_tokens":null"#, .never), (#","truncate":true,"truncate_prompt_tokens":7"#, .toTokens(7)),
    ])
    func truncationIsAskedForInTwoWays(members: String, expected: Truncation) throws {
        let request = try EmbeddingRequest(parsing: #"{"model":"m","input":"a"\#(members)}"#.utf8)
        #expect(request.options.truncation == expected)
    }

    @Test(arguments: [
        (#""truncate_prompt_tokens":0"#, "truncate_prompt_tokens"),
        (#""truncate_prompt_tokens":-2"#, "truncate_prompt_tokens"),
        (#""truncate":"END""#, "truncate"), (#""timeout":0"#, "timeout"), (#""service_tier":"scale""#, "service_tier"),
        (#""priority":1"#, "priority"),
    ])
    func badOptionsAreRefusedByName(members: String, param: String) {
        let bodies: [(RequestSchema, String)] = [
            (.embedding, #""input":"a""#), (.rerank, #""query":"q","documents":["a"]"#),
            (.score, #""text_1":"a","text_2":"b""#), (.classify, #""input":"a""#), (.fillMask, #""input":"a""#),
        ]
        for (schema, required) in bodies {
            let refusal = refusal(of: schema, #"{"model":"m",\#(required),\#(members)}"#)
            #expect(refusal?.status == 400 && refusal?.param == param, "\(schema.name)")
        }
    }

    private func refusal(of schema: RequestSchema, _ body: String) -> APIError? {
        error { () throws(APIError) in
            switch schema.name {
            case RequestSchema.embedding.name: _ = try EmbeddingRequest(parsing: body.utf8)
            case RequestSchema.rerank.name: _ = try RerankRequest(parsing: body.utf8)
            case RequestSchema.score.name: _ = try ScoreRequest(parsing: body.utf8)
            case RequestSchema.classify.name: _ = try ClassifyRequest(parsing: body.utf8)
            default: _ = try FillMaskRequest(parsing: body.utf8)
            }
        }
    }

    // MARK: Rerank

    @Test func documentsAreTextsOrObjectsThatHoldOne() throws {
        let body = #"{"model":"m","query":"q","documents":["a",{"text":"b"},""],"top_n":2}"#
        let request = try RerankRequest(parsing: body.utf8)
        #expect(request.documents == ["a", "b", ""] && request.query == "q")
        #expect(request.topN == 2 && request.returnsDocuments)
    }

    @Test(arguments: [
        (#""query":"","documents":["a"]"#, "query"), (#""query":"q","documents":[]"#, "documents"),
        (#""query":"q","documents":"a""#, "documents"), (#""query":"q","documents":["a",1]"#, "documents[1]"),
        (#""query":"q","documents":[{"title":"a"}]"#, "documents[0].title"),
        (#""query":"q","documents":[{}]"#, "documents[0].text"), (#""query":["q"],"documents":["a"]"#, "query"),
        (#""query":"q","documents":["a"],"top_n":0"#, "top_n"), (#""documents":["a"]"#, "query"),
        (#""query":"q","documents":["a"],"rank_fields":["title"]"#, "rank_fields"),
        (#""query":"q","documents":["a"],"max_tokens_per_doc":5"#, "max_tokens_per_doc"),
    ])
    func badRerankRequestsAreRefusedByName(members: String, param: String) {
        let refusal = refusal(of: .rerank, #"{"model":"m",\#(members)}"#)
        #expect(refusal?.status == 400 && refusal?.param == param)
    }

    // MARK: Score

    @Test(arguments: [
        (#""a""#, #""b""#, ["a b text_2"]), (#""a""#, #"["b","c"]"#, ["a b text_2[0]", "a c text_2[1]"]),
        (#"["a"]"#, #"["b","c"]"#, ["a b text_2[0]", "a c text_2[1]"]),
        (#"["a","b"]"#, #"["c","d"]"#, ["a c text_2[0]", "b d text_2[1]"]),
    ])
    func textsArePairedOneWithOneOrOneWithAll(first: String, second: String, expected: [String]) throws {
        let request = try ScoreRequest(parsing: #"{"model":"m","text_1":\#(first),"text_2":\#(second)}"#.utf8)
        #expect(request.pairs.map { "\($0.first) \($0.second) \($0.param)" } == expected)
    }

    @Test(arguments: [
        (#""text_1":["a","b"],"text_2":["c"]"#, "text_1"), (#""text_1":["a","b"],"text_2":"c""#, "text_1"),
        (#""text_1":["a","b"],"text_2":["c","d","e"]"#, "text_1"), (#""text_1":"","text_2":"c""#, "text_1"),
        (#""text_1":"a","text_2":[]"#, "text_2"), (#""text_1":[1],"text_2":"c""#, "text_1"),
    ])
    func textsThatHaveNoPartnerAreRefused(members: String, param: String) {
        let refusal = refusal(of: .score, #"{"model":"m",\#(members)}"#)
        #expect(refusal?.status == 400 && refusal?.param == param)
    }

    // MARK: Classes and masks

    @Test func classificationTakesTextsAndTokens() throws {
        #expect(try ClassifyRequest(parsing: #"{"model":"m","input":["a"]}"#.utf8).inputs == [.text("a")])
        #expect(try ClassifyRequest(parsing: #"{"model":"m","input":[[1]]}"#.utf8).inputs == [.tokens([1])])
        #expect(refusal(of: .classify, #"{"model":"m","input":"a","activation":false}"#)?.param == "activation")
    }

    @Test func masksHaveDefaultsAndTargets() throws {
        let plain = try FillMaskRequest(parsing: #"{"model":"m","input":"a [MASK]"}"#.utf8)
        #expect(plain.inputs == ["a [MASK]"] && plain.topK == 5 && plain.targets == nil)
        let aimed = try FillMaskRequest(parsing: #"{"model":"m","input":["a"],"top_k":2,"targets":"b"}"#.utf8)
        #expect(aimed.topK == 2 && aimed.targets == ["b"])
        for (members, param) in [
            (#""input":[1]"#, "input"), (#""input":"a","top_k":0"#, "top_k"), (#""input":"a","targets":[]"#, "targets"),
            (#""input":"a","targets":["b",""]"#, "targets[1]"),
        ] {
            #expect(refusal(of: .fillMask, #"{"model":"m",\#(members)}"#)?.param == param)
        }
    }
}
