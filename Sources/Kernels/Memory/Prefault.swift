internal import CKernels

/// Brings the pages of a memory range in before anybody touches them, on a thread that takes what others leave of the
/// processors.
///
/// The first touch of a page costs a fault and the time to clear it: large pages of a cache of keys and values, touched
/// in the middle of a step, make that step longer for everybody in it.
public struct Prefault: ~Copyable {
    // SAFETY: made and given up here only.
    private let thread: OpaquePointer?

    /// Starts. What is in the memory stays as it is, and it may be used meanwhile.
    ///
    /// - Parameter memory: Aligned to a page, mapped privately and writable until this value's end.
    public init(_ memory: UnsafeMutableRawBufferPointer) {
        thread = memory.baseAddress.flatMap { nt_prefault_start($0, memory.count) }
    }

    /// Brings pages in on all threads of a pool, and returns when they are there.
    ///
    /// - Parameter memory: As above.
    public static func now(_ memory: UnsafeMutableRawBufferPointer, pool: WorkerPool) {
        guard let start = memory.baseAddress else { return }
        let pieceByteCount = 2 << 20
        let count = (memory.count + pieceByteCount - 1) / pieceByteCount
        pool.parallelFor(count: count, grain: 1) { pieces, _ in
            for piece in pieces {
                let offset = piece * pieceByteCount
                _ = nt_prefault_now(start + offset, min(pieceByteCount, memory.count - offset))
            }
        }
    }

    /// Ends the thread, wherever it is.
    deinit { nt_prefault_stop(thread) }
}
