import Dispatch

/// Where texts of any length are tokenised, and other work of unknown length is done that needs no step of an engine.
///
/// A prompt is bounded by its model's context; a text to tokenise, or to cut, only by the size of a body, and may take
/// seconds. On the threads that answer all requests, as many of those as there are processors would hold up everybody
/// else.
enum LongTexts {
    /// Texts of up to this many bytes are done before a change of threads would pay.
    private static let shortBytes = 64 * 1024

    /// One after the other, so that they never take more than one processor.
    private static let queue = DispatchQueue(label: "long texts")

    static func run<Value: Sendable, Failure: Error>(
        bytes: Int, _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        guard bytes > shortBytes else { return try work() }
        let result = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Result(catching: work)) }
        }
        return try result.get()
    }
}
