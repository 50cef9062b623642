import CKernels

/// A fixed set of threads that share the loops of a forward pass.
///
/// A step of a small model is some 150 loops of 20 to 50 microseconds each, so a loop must cost about a microsecond
/// to hand out: workers take ranges from an atomic counter, spin for a moment when there is nothing to do, and only
/// then sleep. An idle pool uses no processor time.
///
/// Workers run at a lower priority than the thread that made the pool, so that sockets stay alive at full load.
public final class WorkerPool: Sendable {
    // SAFETY: the C pool is made for use from any thread; the pointer is set once and freed in `deinit` only.
    private nonisolated(unsafe) let pool: OpaquePointer

    /// How many workers share a loop, the thread that calls ``parallelFor(count:grain:_:)`` included.
    public let threadCount: Int

    /// Starts `threadCount - 1` threads.
    ///
    /// When the system refuses to start them all the pool works with fewer, see ``threadCount``.
    ///
    /// - Parameter threadCount: The number of workers, the caller's thread included; at least 1.
    public init(threadCount: Int) {
        precondition(threadCount >= 1, "a pool has at least one worker")
        guard let pool = nt_pool_create(Int32(clamping: threadCount)) else {
            preconditionFailure("no memory for a worker pool")
        }
        self.pool = pool
        self.threadCount = Int(nt_pool_thread_count(pool))
    }

    deinit {
        nt_pool_destroy(pool)
    }

    /// Runs `body` over `0 ..< count`, split into ranges of `grain` indices, and returns when all are done.
    ///
    /// Ranges go to whichever worker is free, so work of uneven size balances itself. A loop of a single range runs
    /// on the caller's thread and wakes nobody. Calls from several threads queue up; a call from inside a body is a
    /// programming error.
    ///
    /// - Parameters:
    ///   - count: The number of indices.
    ///   - grain: How many indices a worker takes at a time; at least 1. The last range may be shorter.
    ///   - body: Does one range as worker number `0 ..< threadCount`. It runs on several threads at once, so ranges
    ///     must not write to the same memory; the worker number is there to choose a scratch buffer.
    public func parallelFor(count: Int, grain: Int, _ body: (_ range: Range<Int>, _ worker: Int) -> Void) {
        precondition(grain >= 1, "a range has at least one index")
        precondition(!nt_pool_is_inside(), "loops of a worker pool do not nest")
        withoutActuallyEscaping(body) { body in
            withUnsafePointer(to: body) { body in
                // SAFETY: the C call returns only when no worker uses the pointer any more.
                nt_pool_run(
                    pool, Int64(count), Int64(grain),
                    { context, begin, end, worker in
                        let body = context!.assumingMemoryBound(to: Body.self).pointee
                        body(Int(begin)..<Int(end), Int(worker))
                    }, UnsafeMutableRawPointer(mutating: body))
            }
        }
    }

    private typealias Body = (Range<Int>, Int) -> Void
}
