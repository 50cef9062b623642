import Dispatch
import Glibc

/// What came of reading.
enum ReadOutcome {
    /// So many bytes now stand at the front of the loop's read buffer.
    case bytes(Int)
    case wouldBlock
    /// The peer will send no more; it may still read.
    case endOfStream
    case failed
}

/// A connected, non-blocking socket with its dispatch sources.
///
/// The descriptor closes when both sources have finished their cancellation, which is what Dispatch demands, and by
/// ownership it closes once. A suspended source is resumed before it is let go, which Dispatch demands as well.
struct StreamSocket: ~Copyable {
    private let shared: SharedDescriptor
    private let id: ChannelID
    private let loop: EventLoop
    private let readSource: any DispatchSourceRead
    private var writeSource: (any DispatchSourceWrite)?
    private(set) var isReading = true
    private(set) var isAwaitingWritability = false

    /// Takes over a connected descriptor and begins to watch for input.
    init(_ shared: SharedDescriptor, id: ChannelID, loop: EventLoop) {
        self.shared = shared
        self.id = id
        self.loop = loop
        readSource = DispatchSource.makeReadSource(fileDescriptor: shared.rawValue, queue: loop.queue)
        readSource.setEventHandler(
            handler: DispatchWorkItem {
                loop.assumeIsolated { $0.channelReadable(id) }
            })
        readSource.setCancelHandler(handler: DispatchWorkItem { withExtendedLifetime(shared) {} })
        readSource.activate()
    }

    deinit {
        readSource.cancel()
        if !isReading { readSource.resume() }
        if let writeSource {
            writeSource.cancel()
            if !isAwaitingWritability { writeSource.resume() }
        }
    }

    func read(into buffer: ReadBuffer) -> ReadOutcome {
        let descriptor = shared.rawValue
        let count = buffer.fill { memory in
            while true {
                let count = recv(descriptor, memory.baseAddress, memory.count, 0)
                if count >= 0 || errno != EINTR { return count }
            }
        }
        if count > 0 { return .bytes(count) }
        if count == 0 { return .endOfStream }
        return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .failed
    }

    /// Hands bytes to the kernel: how many it took, 0 if it has no room, nil if the peer is gone.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int? {
        while true {
            let count = send(shared.rawValue, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return count }
            if errno == EAGAIN || errno == EWOULDBLOCK { return 0 }
            if errno != EINTR { return nil }
        }
    }

    /// Bytes that the kernel has taken and the peer has not acknowledged, or about so many on unix-domain sockets.
    var unacknowledgedBytes: Int {
        var count: Int32 = 0
        return ioctl(shared.rawValue, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
    }

    /// Tells the peer that no more will be sent; reading goes on.
    func finishWriting() {
        shutdown(shared.rawValue, Int32(SHUT_WR))
    }

    /// Stops looking for input. A suspended source hears nothing at all: see ``isHungUp``.
    mutating func pauseReading() {
        guard isReading else { return }
        isReading = false
        readSource.suspend()
    }

    mutating func resumeReading() {
        guard !isReading else { return }
        isReading = true
        readSource.resume()
    }

    /// Whether the connection is dead: reset, or closed in both directions.
    ///
    /// For sockets whose reading is paused. After the peer's FIN a read source would fire without end, so it cannot
    /// stay active to report what follows.
    var isHungUp: Bool {
        var request = pollfd(fd: shared.rawValue, events: 0, revents: 0)
        return poll(&request, 1, 0) > 0 && Int32(request.revents) & (POLLERR | POLLHUP) != 0
    }

    mutating func awaitWritability(_ wanted: Bool) {
        guard wanted != isAwaitingWritability else { return }
        isAwaitingWritability = wanted
        if let writeSource {
            if wanted { writeSource.resume() } else { writeSource.suspend() }
        } else {
            writeSource = makeWriteSource()
        }
    }

    private func makeWriteSource() -> any DispatchSourceWrite {
        let source = DispatchSource.makeWriteSource(fileDescriptor: shared.rawValue, queue: loop.queue)
        let (shared, loop, id) = (shared, loop, id)
        source.setEventHandler(
            handler: DispatchWorkItem {
                loop.assumeIsolated { $0.channelWritable(id) }
            })
        source.setCancelHandler(handler: DispatchWorkItem { withExtendedLifetime(shared) {} })
        source.activate()
        return source
    }
}
