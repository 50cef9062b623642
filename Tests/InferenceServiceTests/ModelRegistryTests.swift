import Engine
import OpenAIAPI
import Telemetry
import Testing
import Tokenization
import Transformer

@testable import InferenceService

@Suite struct ModelRegistryTests {
    /// Nobody asks it for anything.
    private final class IdleModel: StepModel {
        let vocabularySize = 4
        let embeddingLength = 1
        let classCount = 0
        let needsCache = true
        let contextLength: Int
        let blockLength = 16
        var blockCount: Int { contextLength }
        init(contextLength: Int) { self.contextLength = contextLength }
        func step(_ segments: [Segment]) throws -> StepOutput { preconditionFailure("not asked") }
        func copyBlock(from source: Int32, to destination: Int32) {}
    }

    private func model(_ name: String, contextLength: Int = 16) throws -> LoadedModel {
        let tokenizer = try Tokenizer(
            Vocabulary(
                scheme: .byteLevelBPE, preTokenizer: "gpt-2", tokens: ["a", "b", "c", "<|end|>"], merges: [],
                special: .init(eos: TokenID(rawValue: 3))))
        return LoadedModel(
            id: name, engine: Engine(model: IdleModel(contextLength: contextLength), tokenizer: tokenizer),
            tokenizer: tokenizer, chatTemplate: nil, created: 7,
            metrics: ServerMetrics(version: "0", startTime: 0).model(name, blockSize: 16, blockCount: 1),
            fingerprint: "f", longestRequest: .seconds(1), weightByteCount: 0)
    }

    private func registry(_ models: [String], _ aliases: [String: String] = [:]) throws -> ModelRegistry {
        ModelRegistry(
            try ModelNames(
                models: models,
                aliases: aliases.sorted { $0.key < $1.key }.map { ModelAlias(name: $0.key, model: $0.value) }))
    }

    private func error(_ body: () throws(APIError) -> some Any) -> APIError? {
        do {
            _ = try body()
            return nil
        } catch {
            return error
        }
    }

    /// Who asks for a name that will never be served need not come back; the others should.
    @Test func untilAllAreLoadedNoneIsServed() throws {
        let registry = try registry(["a", "b"], ["x": "b"])
        #expect(registry.isLoading && registry.models.isEmpty && registry.list.models.isEmpty)
        for name in ["a", "x"] {
            #expect(error { () throws(APIError) in try registry.model(named: name) }?.status == 503)
            #expect(error { () throws(APIError) in try registry.description(of: name) }?.status == 503)
        }
        #expect(error { () throws(APIError) in try registry.model(named: "c") }?.status == 404)
        registry.serve([try model("a"), try model("b")])
        #expect(!registry.isLoading)
        #expect(try registry.model(named: "a").id == "a")
        #expect(try registry.model(named: "x").id == "b")
        #expect(error { () throws(APIError) in try registry.model(named: "c") }?.code == "model_not_found")
    }

    @Test func withoutANameItIsTheFirst() throws {
        let several = try registry(["a", "b"])
        several.serve([try model("a"), try model("b")])
        #expect(try several.model(named: nil).id == "a")
    }

    @Test func aliasesAreListedAfterModels() throws {
        let registry = try registry(["b", "a"], ["z/1": "a", "y": "b"])
        registry.serve([try model("b", contextLength: 32), try model("a")])
        let list = registry.list.models
        #expect(list.map(\.id) == ["b", "a", "y", "z/1"])
        #expect(list.map(\.parent) == [nil, nil, "b", "a"])
        #expect(list.map(\.contextLength) == [32, 16, 32, 16])
        for entry in list { #expect(try registry.description(of: entry.id) == entry) }
        // Without a chat template.
        #expect(list[0].abilities == Model.Abilities(completion: true))
    }
}
