/// Names a channel of one event loop; never used again after the channel is gone.
struct ChannelID: Hashable, Sendable {
    let rawValue: UInt64
}

/// How a channel is asked to end.
enum ChannelStop: Sendable {
    /// Nothing new: end now if idle, else after the work at hand.
    case whenIdle
    /// Cancel the work at hand and let it say its last words.
    case cancel
    /// End at once.
    case now
}

/// A protocol's side of a connection: what an event loop calls when something happens on the socket.
///
/// Conforming classes are not `Sendable`. They live in their loop's isolation, and every call carries the loop, so the
/// compiler proves that nothing else touches them.
protocol Channel: AnyObject {
    /// When ``deadlineReached(on:)`` is due; may change with any event.
    var deadline: ContinuousClock.Instant? { get }
    /// The tick under which the channel is filed in the loop's wheel.
    var scheduledTick: Int? { get set }

    func readable(on loop: isolated EventLoop)
    func writable(on loop: isolated EventLoop)
    func deadlineReached(on loop: isolated EventLoop)
    func stop(_ how: ChannelStop, on loop: isolated EventLoop)
}
