/// How far a pull has come. The phases follow each other in this order; not every pull has all of them.
public enum PullProgress: Sendable, Equatable {
    /// Bytes are coming over the network. The total is nil when the server doesn't say, and an estimate for packages.
    case downloading(receivedByteCount: Int, totalByteCount: Int?)
    /// The model's files are being taken out of what was downloaded.
    case unpacking(doneByteCount: Int, totalByteCount: Int)
    /// Digests are being computed.
    case verifying(doneByteCount: Int, totalByteCount: Int)
}

/// What a pull has done.
public struct PullResult: Sendable, Equatable {
    public enum Outcome: Sendable, Equatable {
        /// The model was fetched, or linked, just now.
        case pulled
        /// It was there already, and whole.
        case alreadyThere
    }

    public var outcome: Outcome
    public var location: ModelLocation
}

/// A model on disk, ready to be opened.
public struct ModelLocation: Sendable, Equatable {
    /// The name in the store; for a path, the file's name without `.gguf`.
    public var name: String
    /// The `.gguf` file, or the folder of a Hugging Face model.
    public var path: String
    public var format: ModelFormat
}
