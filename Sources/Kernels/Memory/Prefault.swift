internal import CKernels

/// Brings the pages of a memory range in before anybody touches them, on a thread of low priority.
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

    /// Ends the thread, wherever it is.
    deinit { nt_prefault_stop(thread) }
}
