/// Why a step was refused. Nothing has been computed and no key or value was written then.
public enum StepError: Error, Equatable, Sendable {
    case noSegments
    case emptySegment(segment: Int)
    /// A token id outside of the vocabulary.
    case tokenOutOfRange(segment: Int, token: Int32)
    /// Positions outside of `0 ..< contextLength`, or of what a text has that isn't a long one.
    case positionOutOfRange(segment: Int)
    /// The block table ends before the segment's last position.
    case blockTableTooShort(segment: Int, needed: Int, found: Int)
    /// A block that isn't in the cache.
    case blockOutOfRange(segment: Int, block: Int32)
    /// Rows that the segment doesn't have, or not in ascending order.
    case outputRowOutOfRange(segment: Int)
    /// Rows, a vector or classes that the model cannot give.
    case outputNotAvailable(segment: Int)
    /// Not one type for each token, or one that the model doesn't know.
    case tokenTypesInvalid(segment: Int)
}
