import DequeModule
import HTTPTypes

/// One HTTP/1 connection: carries bytes between its socket, the decoder and whoever answers.
///
/// Requests are served one at a time and in order; pipelined bytes wait. What the bytes mean is decided by
/// ``RequestDecoder`` and ``ResponseHead``; here is only what needs a socket, a clock or a task.
final class Connection: Channel {
    enum Phase {
        case open
        /// The last response is on its way; nothing more is read.
        case closing
        /// All is sent; what still comes is dropped, so that the client can read the answer (RFC 9112 9.6).
        case lingering
        case closed
    }

    let id: ChannelID
    let context: ServerContext
    let remoteAddress: SocketAddress
    var socket: StreamSocket?
    var decoder: RequestDecoder
    var output = OutputBuffer()
    var phase = Phase.open
    /// The request that is being received or answered.
    var exchange: Exchange?
    var lastSerial: UInt64 = 0
    /// Handlers that wait for room in the output, in the order in which they came.
    var writers = Deque<PendingWrite>()
    /// Bytes that the kernel has taken since the connection began.
    var handedOver = 0
    /// Runs while bytes wait for the peer.
    var drainAllowance: DrainAllowance?
    /// The peer has sent FIN: it is gone, or it has closed only its sending side.
    var peerFinishedSending = false

    var deadline: ContinuousClock.Instant?
    var scheduledTick: Int?
    /// Since when the connection waits for what it waits for now.
    var waitingSince: ContinuousClock.Instant
    var lastInput: ContinuousClock.Instant
    var lingeredBytes = 0
    var lastProbe: ContinuousClock.Instant?

    var limits: HTTPLimits { context.limits }

    init(
        _ descriptor: SharedDescriptor, id: ChannelID, remoteAddress: SocketAddress, context: ServerContext,
        loop: isolated EventLoop
    ) {
        self.id = id
        self.context = context
        self.remoteAddress = remoteAddress
        waitingSince = loop.now
        lastInput = waitingSince
        decoder = RequestDecoder(limits: context.limits)
        socket = StreamSocket(descriptor, id: id, loop: loop)
    }
}

extension EventLoop {
    /// Begins to serve a connected socket.
    func serve(_ descriptor: SharedDescriptor, from peer: SocketAddress, context: ServerContext) {
        // Loops look at their channels once when the server stops: one that comes afterwards would be missed.
        guard !context.isStopping else {
            return context.gauges.connectionClosed(from: context.cappedClient(peer))
        }
        let connection = Connection(descriptor, id: makeID(), remoteAddress: peer, context: context, loop: self)
        insert(connection, id: connection.id)
        connection.settle(on: self)
    }

    /// The connection that works on an exchange, if it still does.
    func connection(for handle: ExchangeHandle) -> Connection? {
        guard let connection = channels[handle.channel] as? Connection,
            connection.exchange?.serial == handle.serial
        else { return nil }
        return connection
    }
}
