import Engine
import OpenAIAPI
import Tokenization

/// Gives texts as vectors, without a server.
public struct TextEmbedder: Sendable {
    private let engine: Engine
    private let embedding: TextAbilities.Embedding
    private let reader: TextReader

    /// Numbers of a vector.
    public var length: Int { embedding.length }

    /// - Parameter truncates: whether the end of a text that is too long is cut off; otherwise it is an error.
    /// - Throws: ``EmbeddingFailure`` if the model gives no embeddings.
    public init(_ model: sending OpenedModel, truncates: Bool) throws {
        let abilities = try TextAbilities(model)
        guard let embedding = abilities.embedding else {
            throw EmbeddingFailure(reason: "the model gives no embeddings")
        }
        self.embedding = embedding
        let engine = Engine(model: model.model, tokenizer: model.tokenizer)
        let check = RequestCheck(vocabularySize: model.tokenizer.vocabularySize, contextLength: engine.contextLength)
        self.engine = engine
        reader = TextReader(model.tokenizer, abilities, check: check, truncates ? .toModelLimit : .never)
    }

    /// - Parameter dimensions: how many of a vector's first numbers to keep, scaled to length 1; nil keeps all.
    /// - Throws: ``EmbeddingFailure``
    public func vector(of text: String, dimensions: Int? = nil) async throws -> [Float] {
        let read: PoolingRequest.Text
        do throws(APIError) {
            read = try reader.read(.text(text), param: "text")
        } catch {
            throw EmbeddingFailure(reason: error.message)
        }
        let request = PoolingRequest(texts: [read], output: .vector(embedding.pooling))
        guard let reply = await (try engine.submit(request)).reply() else { throw CancellationError() }
        guard case .vector(let vector)? = reply.results.first else {
            throw EmbeddingFailure(reason: "\(reply.summary.finishReason)")
        }
        do throws(StepFailure) {
            return try embedding.vectors([vector], dimensions: dimensions)[0]
        } catch {
            throw EmbeddingFailure(reason: error.description)
        }
    }
}

/// Why a text has no vector.
public struct EmbeddingFailure: Error, CustomStringConvertible {
    public var reason: String
    public var description: String { reason }
}
