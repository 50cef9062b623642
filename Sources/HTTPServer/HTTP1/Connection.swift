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
    /// Whether nobody has said yet who is at the other end; always false where that is not asked.
    var isStranger: Bool
    var lastProbe: ContinuousClock.Instant?

    var limits: HTTPLimits { context.limits }

    init(
        _ descriptor: SharedDescriptor, id: ChannelID, remoteAddress: SocketAddress, context: ServerContext,
        loop: isolated EventLoop
    ) {
        self.id = id
        self.context = context
        self.remoteAddress = remoteAddress
        isStranger = context.configuration.capsStrangers
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
            return context.gauges.connectionClosed(
                from: context.cappedClient(peer), isStranger: context.configuration.capsStrangers)
        }
        let connection = Connection(descriptor, id: makeID(), remoteAddress: peer, context: context, loop: self)
        insert(connection, id: connection.id)
        if connection.isStranger {
            strangers.append(connection.id)
            displaceStrangers(context)
        }
        connection.settle(on: self)
    }

    /// Closes the connections that have been strangers for longest, while there are too many.
    ///
    /// Each loop looks at its own: connections are dealt out in turns, so its oldest are about the oldest of all.
    private func displaceStrangers(_ context: ServerContext) {
        while context.gauges.hasTooManyStrangers, let id = strangers.popFirst() {
            // Ids stay behind of connections that are closed or known by now.
            guard let connection = channels[id] as? Connection, connection.isStranger else { continue }
            context.gauges.strangerDisplaced()
            connection.lose(on: self)
        }
        if strangers.count > 2 * channels.count + 64 {
            strangers.removeAll { (channels[$0] as? Connection)?.isStranger != true }
        }
    }

    /// The connection that works on an exchange, if it still does.
    func connection(for handle: ExchangeHandle) -> Connection? {
        guard let connection = channels[handle.channel] as? Connection,
            connection.exchange?.serial == handle.serial
        else { return nil }
        return connection
    }
}
