import Engine
import JSON
import OpenAIAPI
import Testing
import Telemetry
import Tokenization
import Transformer

@testable import InferenceService

/// Embeddings, ranking, classes and masks, from a body to a body.
@Suite struct TextTaskTests {
    // MARK: Models

    private func embedder(isNormalized: Bool = true, limit: Int = .max) throws -> LoadedModel {
        try StandInEncoder.model { _ in
            TextAbilities(
                longestText: limit, embedding: .init(pooling: .mean, isNormalized: isNormalized, length: 4))
        }
    }

    /// Pairs are `[CLS] first [SEP] second [SEP]`, the second text and what follows it of type 1.
    private func classifier(_ labels: [String?], _ activation: TextAbilities.Classifier.Activation) throws
        -> LoadedModel
    {
        try StandInEncoder.model(classCount: labels.count) { tokenizer in
            TextAbilities(
                classifier: .init(labels: labels, activation: activation),
                joinPair: { first, second, limit in
                    let left = tokenizer.encode(first, addSpecial: true, parseSpecial: false)
                    var right = tokenizer.encode(second, addSpecial: false, parseSpecial: false)
                    if let limit { right = Array(right.prefix(max(0, limit - left.count - 1))) }
                    return PoolingRequest.Text(
                        tokens: left + right + [TokenID(rawValue: 6)],
                        tokenTypes: left.map { _ in 0 } + right.map { _ in 1 } + [1])
                })
        }
    }

    private func masker() throws -> LoadedModel {
        try StandInEncoder.model { _ in TextAbilities(mask: TokenID(rawValue: 4)) }
    }

    // MARK: Requests

    private func registry(_ model: LoadedModel) throws -> ModelRegistry {
        let registry = ModelRegistry(try ModelNames(models: [model.id], aliases: []))
        registry.serve([model])
        return registry
    }

    private func reply(_ handler: some TextTaskHandler, _ body: String) async throws -> JSONValue {
        let account = RequestAccount(
            id: "r", endpoint: "/", receivedAt: .now, receivedUnixMilliseconds: 1, caller: .anonymous
        ) { _ in }
        return try JSONValue(parsing: try await handler.reply(to: Array(body.utf8), receivedAt: .now, account))
    }

    private func embed(_ model: LoadedModel, _ members: String) async throws -> JSONValue {
        try await reply(EmbeddingHandler(registry: try registry(model)), #"{"model":"m",\#(members)}"#)
    }

    private func error(_ body: () async throws -> JSONValue) async -> APIError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? APIError
        }
    }

    private func numbers(_ value: JSONValue?) -> [Float] {
        (value?.arrayValue ?? []).compactMap(\.doubleValue).map(Float.init)
    }

    // MARK: Embeddings

    @Test func aModelWithoutACacheUsesNothingOfIt() throws {
        let model = try embedder()
        model.metrics.update(from: model.engine.status.snapshot)
        #expect(model.engine.status.snapshot.blockCount == 0)
        #expect(model.metrics.kvCacheUsage.value == 0)
    }

    @Test func vectorsComeInTheOrderOfTheInputs() async throws {
        let list = try await embed(
            try embedder(isNormalized: false), #""input":["aab","d",[0,2]]"#.replacing("[0,2]", with: #""ac""#))
        #expect(
            list["data"]?.arrayValue?.map { numbers($0["embedding"]) } == [[2, 1, 0, 0], [0, 0, 0, 1], [1, 0, 1, 0]])
        // The beginning and end of each text count as well.
        #expect(list["usage"]?["prompt_tokens"] == .integer(12) && list["model"] == "m")
    }

    @Test func tokensAreTakenAsTheyAre() async throws {
        let list = try await embed(try embedder(isNormalized: false), #""input":[[0,0,1],[3]]"#)
        #expect(list["data"]?.arrayValue?.map { numbers($0["embedding"]) } == [[2, 1, 0, 0], [0, 0, 0, 1]])
        #expect(list["usage"]?["prompt_tokens"] == .integer(4))
        #expect(await error { try await embed(try embedder(), #""input":[0,9]"#) }?.param == "input[1]")
        #expect(await error { try await embed(try embedder(), #""input":[[0],[9]]"#) }?.param == "input[1][0]")
    }

    @Test func vectorsAreNormalisedAndShortened() async throws {
        let body = #""input":"aaabbbb""#
        let whole = try await embed(try embedder(), body)
        #expect(numbers(whole["data"]?[0]?["embedding"]) == [0.6, 0.8, 0, 0])
        let short = try await embed(try embedder(), body + #","dimensions":1"#)
        #expect(numbers(short["data"]?[0]?["embedding"]) == [1])
        let raw = try await embed(try embedder(isNormalized: false), body + #","dimensions":2"#)
        #expect(numbers(raw["data"]?[0]?["embedding"]) == [0.6, 0.8])
        let error = await error { try await embed(try embedder(), body + #","dimensions":5"#) }
        #expect(error?.status == 400 && error?.param == "dimensions")
    }

    @Test func aTextWithoutDirectionHasNone() async throws {
        let list = try await embed(try embedder(), #""input":[[5]]"#)
        #expect(numbers(list["data"]?[0]?["embedding"]) == [0, 0, 0, 0])
    }

    @Test(arguments: [
        (#""input":"aaaaaa""#, "input"), (#""input":["a","aaaaaa"]"#, "input[1]"),
        (#""input":[[0,0,0,0,0,0,0]]"#, "input"),
    ])
    func whatIsTooLongIsRefused(body: String, param: String) async throws {
        let error = await error { try await embed(try embedder(limit: 6), body) }
        #expect(error?.status == 400 && error?.code == "context_length_exceeded" && error?.param == param)
        #expect(error?.message.contains("maximum context length is 6 tokens") == true)
    }

    /// Begin and end stay, whatever is cut.
    @Test(
        arguments: [
            (#""truncate":true"#, [4, 0], 6), (#""truncate_prompt_tokens":-1"#, [4, 0], 6),
            (#""truncate_prompt_tokens":3"#, [1, 0], 3), (#""truncate_prompt_tokens":100"#, [4, 0], 6),
        ] as [(String, [Float], Int)])
    func whatIsTooLongIsCutOnDemand(option: String, counts: [Float], tokens: Int) async throws {
        let list = try await embed(try embedder(isNormalized: false, limit: 6), #""input":"aaaaaab",\#(option)"#)
        #expect(numbers(list["data"]?[0]?["embedding"]).prefix(2) == counts[...])
        #expect(list["usage"]?["prompt_tokens"] == .integer(tokens))
    }

    @Test func noRoomIsLeftForAText() async throws {
        let error = await error { try await embed(try embedder(), #""input":"a","truncate_prompt_tokens":2"#) }
        #expect(error?.status == 400 && error?.param == "truncate_prompt_tokens")
    }

    /// 2,048 inputs are one place in the line, and come back in order.
    @Test func asManyInputsAsOneRequestMayHave() async throws {
        let texts = (0..<2048).map { "\"" + String(repeating: "a", count: $0 % 5 + 1) + "\"" }.joined(separator: ",")
        let list = try await embed(try embedder(isNormalized: false), #""input":[\#(texts)]"#)
        let counts = list["data"]?.arrayValue?.map { numbers($0["embedding"])[0] }
        #expect(counts == (0..<2048).map { Float($0 % 5 + 1) })
    }

    // MARK: Ranking

    private func rerank(_ model: LoadedModel, _ members: String) async throws -> JSONValue {
        try await reply(RerankHandler(registry: try registry(model)), #"{"model":"m",\#(members)}"#)
    }

    private func score(_ model: LoadedModel, _ members: String) async throws -> JSONValue {
        try await reply(ScoreHandler(registry: try registry(model)), #"{"model":"m",\#(members)}"#)
    }

    @Test func documentsAreRankedByACrossEncoder() async throws {
        let model = try classifier([nil], .identity)
        let reply = try await rerank(model, #""query":"aaa","documents":["b",{"text":"aa"},"a","aab"],"top_n":3"#)
        let results = reply["results"]?.arrayValue ?? []
        // Equals stay in the order of the request.
        #expect(results.map { $0["index"] } == [1, 3, 2])
        #expect(results.map { $0["relevance_score"] } == [2.0, 2.0, 1.0])
        #expect(results.map { $0["document"]?["text"] } == ["aa", "aab", "a"])
        let bare = try await rerank(model, #""query":"a","documents":["a"],"return_documents":false"#)
        #expect(bare["results"]?[0]?["document"] == nil)
    }

    @Test func documentsAreRankedBySimilarityOtherwise() async throws {
        let reply = try await rerank(try embedder(), #""query":"ab","documents":["a","ba","c",""]"#)
        #expect(reply["results"]?.arrayValue?.map { $0["index"] } == [1, 0, 2, 3])
        let scores = (reply["results"]?.arrayValue ?? []).compactMap { $0["relevance_score"]?.doubleValue }
        #expect(abs(scores[0] - 1) < 1e-6 && abs(scores[1] - 0.5.squareRoot()) < 1e-6 && scores[2...] == [0, 0])
    }

    @Test func pairsAreScored() async throws {
        let sigmoid = try await score(try classifier([nil], .sigmoid), #""text_1":"b","text_2":["aa","b"]"#)
        let scores = (sigmoid["data"]?.arrayValue ?? []).compactMap { $0["score"]?.doubleValue }
        #expect(abs(scores[0] - 0.880797) < 1e-5 && scores[1] == 0.5)
        let vectors = try await score(try embedder(), #""text_1":["a","b"],"text_2":["a","a"]"#)
        #expect(vectors["data"]?.arrayValue?.map { $0["score"] } == [1.0, 0.0])
    }

    @Test(arguments: [
        (#""query":"aaaaaaaaaaaaaaaaa","documents":["a"]"#, "query"),
        (#""query":"a","documents":["a","aaaaaaaaaaaaaaaaa"]"#, "documents[1]"),
        (#""query":"a","documents":["aaaaaaaaaaaaaaaaa"]"#, "documents[0]"),
    ])
    func theTextThatIsTooLongIsNamed(members: String, param: String) async throws {
        let error = await error { try await rerank(try embedder(), members) }
        #expect(error?.code == "context_length_exceeded" && error?.param == param)
        let cut = try await rerank(try embedder(), members + #","truncate":true"#)
        #expect(cut["results"]?[0]?["relevance_score"]?.doubleValue.map { $0 > 0.999 } == true)
    }

    @Test func pairsThatAreTooLongAreRefusedOrCut() async throws {
        let members = #""text_1":"aaaaaaaa","text_2":["b","aaaaaaaa"]"#
        let model = try classifier([nil], .identity)
        #expect(await error { try await score(model, members) }?.param == "text_2[1]")
        let cut = try await score(model, members + #","truncate":true"#)
        #expect(cut["data"]?.arrayValue?.map { $0["score"] } == [0.0, 5.0])
    }

    // MARK: Classes

    private func classify(_ model: LoadedModel, _ members: String) async throws -> JSONValue {
        try await reply(ClassificationHandler(registry: try registry(model)), #"{"model":"m",\#(members)}"#)
    }

    @Test func textsAreClassified() async throws {
        let reply = try await classify(
            try classifier(["good", "bad"], .softmax), #""input":["aa",[0]]"#.replacing("[0]", with: #""b""#))
        let first = reply["data"]?[0]
        #expect(first?["label"] == "good" && first?["num_classes"] == .integer(2) && first?["index"] == .integer(0))
        let probabilities = numbers(first?["probs"])
        #expect(abs(probabilities[0] - 0.7310586) < 1e-6 && abs(probabilities.reduce(0, +) - 1) < 1e-6)
        let unnamed = try await classify(try classifier([nil], .sigmoid), #""input":"b""#)
        #expect(unnamed["data"]?[0]?["label"]?.isNull == true && numbers(unnamed["data"]?[0]?["probs"]) == [0.5])
    }

    // MARK: Masks

    private func fill(_ model: LoadedModel, _ members: String) async throws -> JSONValue {
        try await reply(FillMaskHandler(registry: try registry(model)), #"{"model":"m",\#(members)}"#)
    }

    @Test func aMaskIsFilled() async throws {
        // The row of the mask at place 2 is 2, 3, 4, 5, 6, 0, 1.
        let reply = try await fill(try masker(), #""input":"b[MASK]","top_k":2"#)
        let candidates = reply["data"]?[0]?["candidates"]?.arrayValue ?? []
        #expect(candidates.map { $0["token"] } == [4, 3])
        #expect(candidates.map { $0["token_str"] } == ["[MASK]", "d"])
        #expect(candidates[1]["sequence"] == "bd")
        let scores = candidates.compactMap { $0["score"]?.doubleValue }
        #expect(abs(scores[0] - 0.632706) < 1e-4 && abs(scores[0] / scores[1] - 2.718282) < 1e-4)
        #expect(reply["data"]?[0]?["mask"] == 0)
    }

    @Test func severalMasksKeepTheOthers() async throws {
        let reply = try await fill(
            try masker(), #""input":["[MASK]b[MASK]","[MASK]"],"targets":["a","d"],"top_k":9"#)
        let data = reply["data"]?.arrayValue ?? []
        #expect(data.map { $0["index"] } == [0, 0, 1] && data.map { $0["mask"] } == [0, 1, 0])
        #expect(data[1]["candidates"]?.arrayValue?.map { $0["token_str"] } == ["d", "a"])
        #expect(data[1]["candidates"]?[0]?["sequence"] == "[CLS][MASK]bd[SEP]")
        #expect(data[2]["candidates"]?[0]?["sequence"] == "d")
    }

    @Test(arguments: [
        (#""input":"ab""#, "input"), (#""input":["[MASK]","a"]"#, "input[1]"),
        (#""input":"[MASK]","targets":["a","ab"]"#, "targets[1]"),
        (#""input":"aaaaaaaaaaaaaaaaaaaaaa[MASK]","truncate":true"#, "input"),
    ])
    func whatCannotBeFilledIsRefused(members: String, param: String) async throws {
        let error = await error { try await fill(try masker(), members) }
        #expect(error?.status == 400 && error?.param == param)
    }

    // MARK: Abilities

    @Test func modelsSayWhatTheyCanDo() throws {
        #expect(try embedder().description.abilities == .init(embeddings: true, scoring: true))
        #expect(try classifier([nil], .sigmoid).description.abilities == .init(scoring: true, classification: true))
        #expect(try classifier(["a", "b"], .softmax).description.abilities == .init(classification: true))
        #expect(try masker().description.abilities == .init(fillMask: true))
        #expect(try embedder(limit: 5).description.contextLength == 5)
    }

    @Test func whatAModelCannotDoIsToldAsSuch() async throws {
        let (embedder, masker) = (try embedder(), try masker())
        let errors = [
            await error { try await embed(masker, #""input":"a""#) },
            await error { try await rerank(masker, #""query":"a","documents":["a"]"#) },
            await error { try await score(masker, #""text_1":"a","text_2":"a""#) },
            await error { try await classify(masker, #""input":"a""#) },
            await error { try await fill(embedder, #""input":"[MASK]""#) },
        ]
        for error in errors { #expect(error?.status == 501 && error?.param == "model") }
        do throws(APIError) {
            try embedder.checkGenerates()
            Issue.record("an encoder generates nothing")
        } catch {
            #expect(error.status == 501)
        }
    }
}
