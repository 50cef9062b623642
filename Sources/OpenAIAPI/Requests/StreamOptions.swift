import JSON
import OrderedCollections

/// How a streamed reply is sent.
public struct StreamOptions: Hashable, Sendable {
    /// Whether the stream ends with a chunk that has the usage.
    public var includeUsage: Bool
    /// Whether the chunks of a choice are padded, so that their lengths do not give away the text.
    public var includeObfuscation: Bool

    /// Nil if the request wants its reply whole.
    init?(_ arguments: Arguments) throws(APIError) {
        let options = arguments["stream_options"]
        guard arguments.boolean("stream") else {
            guard options == nil else {
                throw .invalidValue(
                    param: "stream_options", "The 'stream_options' parameter needs 'stream' to be true.")
            }
            return nil
        }
        includeUsage = options?["include_usage"]?.boolValue ?? false
        includeObfuscation = options?["include_obfuscation"]?.boolValue ?? false
    }
}
