/// Why the engine does not take a request.
public enum AdmissionError: Error, Equatable {
    case emptyPrompt
    /// The model has no part that computes what is asked for.
    case notCapable
    /// A token is not of the vocabulary.
    case invalidToken(Int32)
    /// Prompt and completion must fit: `prompt + minimum completion <= limit`.
    case contextExceeded(promptTokens: Int, limit: Int)
    /// Too many requests, or prompt tokens, wait already; there may be room after so long.
    case overloaded(retryAfter: Duration)
    /// The tenant has its share of all places already while others want theirs.
    case shareExceeded(retryAfter: Duration)
    /// The engine is being stopped.
    case stopping
}

extension AdmissionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .emptyPrompt: "the prompt has no tokens"
        case .notCapable: "the model cannot compute what is asked for"
        case .invalidToken(let token): "\(token) is no token of this model"
        case .contextExceeded(let promptTokens, let limit):
            "the prompt has \(promptTokens) tokens and the context \(limit), of which one at least is for the reply"
        case .overloaded: "too many requests wait already"
        case .shareExceeded: "this tenant has its share of all places already"
        case .stopping: "the engine is being stopped"
        }
    }
}
