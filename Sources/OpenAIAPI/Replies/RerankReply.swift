import JSON

/// The reply of `POST /v1/rerank`: what Jina's clients read and what Cohere's read, in one object.
public struct RerankReply: Hashable, Sendable {
    public struct Result: Hashable, Sendable {
        /// The document's place in the request.
        public var index: Int
        public var relevance: Float
        /// Nil if the request did not ask for it.
        public var document: String?

        public init(index: Int, relevance: Float, document: String?) {
            self.index = index
            self.relevance = relevance
            self.document = document
        }
    }

    public var id: String
    public var model: String
    /// The most relevant first.
    public var results: [Result]
    public var promptTokens: Int

    public init(id: String, model: String, results: [Result], promptTokens: Int) {
        self.id = id
        self.model = model
        self.results = results
        self.promptTokens = promptTokens
    }

    public var body: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.write(raw: "{\"id\":")
        writer.write(id)
        writer.write(raw: ",\"object\":\"list\",\"model\":")
        writer.write(model)
        writer.write(raw: ",\"results\":")
        writer.writeArray(results) { writer, result in
            writer.write(raw: "{\"index\":\(result.index),\"relevance_score\":")
            writer.write(result.relevance)
            if let document = result.document {
                writer.write(raw: ",\"document\":{\"text\":")
                writer.write(document)
                writer.write(raw: "}")
            }
            writer.write(raw: "}")
        }
        writer.write(raw: ",\"usage\":{\"prompt_tokens\":\(promptTokens),\"total_tokens\":\(promptTokens)}")
        writer.write(raw: ",\"meta\":{\"api_version\":{\"version\":\"2\"},\"billed_units\":{\"search_units\":1}")
        writer.write(raw: ",\"tokens\":{\"input_tokens\":\(promptTokens),\"output_tokens\":0}}}")
        return writer.bytes
    }
}
