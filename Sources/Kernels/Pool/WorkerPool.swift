import CKernels

/// A fixed set of threads that compute together.
///
/// A step of a small model is some 150 loops of a few microseconds each. So the threads are not called for every
/// loop: they run the whole step side by side, as a team (``run(_:)``), and share its loops. An idle
/// pool uses no processor time.
///
/// Workers run at a lower priority than the thread that made the pool, so that sockets stay alive at full load.
public final class WorkerPool: Sendable {
    // SAFETY: the C pool is made for use from any thread; the pointer is set once and freed in `deinit` only.
    private nonisolated(unsafe) let pool: OpaquePointer

    /// How many threads make a team, the one that calls ``run(_:)`` included.
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

    /// How many calls of ``run(alone:_:)`` wait for the team that runs.
    public var waitingCount: Int { Int(nt_pool_waiting_count(pool)) }

    /// Runs `body` on all threads of the pool that are awake in time, side by side, and returns when all are done.
    ///
    /// Calls from several threads take turns in the order in which they came, and sleep until then; a call from inside a
    /// body is a programming error.
    ///
    /// - Parameters:
    ///   - alone: Whether the calling thread does it by itself, as a team of one: for what is too small to share.
    ///   - body: Runs once on each thread. Members agree on what to do next without talking: given the same data they
    ///     come to the same loops in the same order. See ``TeamMember`` for what it may do between loops.
    public func run(alone: Bool = false, _ body: (_ member: TeamMember) -> Void) {
        precondition(!nt_pool_is_inside(), "teams do not nest")
        withoutActuallyEscaping(body) { body in
            withUnsafePointer(to: body) { body in
                // SAFETY: the C call returns only when no worker uses the pointer any more.
                let context = UnsafeMutableRawPointer(mutating: body)
                (alone ? nt_pool_run_alone : nt_pool_run)(
                    pool,
                    { context, member in
                        guard let context, let member else { return }
                        context.assumingMemoryBound(to: Body.self).pointee(TeamMember(member))
                    }, context)
            }
        }
    }

    /// Runs `body` over `0 ..< count`, split into ranges of `grain` indices or more, and returns when all are done.
    ///
    /// One loop of a team made for it; a loop of a single range runs on the caller's thread and wakes nobody.
    ///
    /// - Parameters:
    ///   - count: The number of indices.
    ///   - grain: The least that a worker takes at a time; at least 1. The last range may be shorter.
    ///   - body: Does one range, a multiple of `grain` that begins at one, as worker number `0 ..< threadCount`. It runs
    ///     on several threads at once, so ranges must not write to the same memory; the worker number is there to choose
    ///     a scratch buffer.
    public func parallelFor(count: Int, grain: Int, _ body: (_ range: Range<Int>, _ worker: Int) -> Void) {
        run(alone: count <= grain) { member in
            member.forEach(count: count, grain: grain) { range in body(range, member.number) }
        }
    }

    private typealias Body = (TeamMember) -> Void
}
