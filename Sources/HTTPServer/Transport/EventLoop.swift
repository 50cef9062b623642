import DequeModule
import Dispatch

/// One serial dispatch queue and everything that lives on it: channels, their deadlines, the read buffer, the date.
///
/// Code runs here either from a callback of a dispatch source, entered by `assumeIsolated`, or from a task that awaits
/// the actor. Nothing here blocks, and no handler runs here except those that are declared inline.
actor EventLoop {
    nonisolated let executor: DispatchQueueExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated var queue: DispatchQueue { executor.queue }

    /// Where every channel reads into; its bytes are valid until the next read.
    let readBuffer = ReadBuffer(capacity: 64 * 1024)
    private(set) var channels: [ChannelID: any Channel] = [:]
    /// Connections of which nobody knows whose they are, the oldest first; some of them may be gone.
    var strangers = Deque<ChannelID>()
    private var lastID: UInt64 = 0
    /// Names the writes that wait for room.
    var lastWriteID: UInt64 = 0
    private var wheel: DeadlineWheel
    private var timer: (any DispatchSourceTimer)?
    private var armedTick: Int?
    private var dateField = DateField()
    private let time: TimeSource

    /// - Parameter resolution: How late a deadline may be noticed.
    init(label: String, resolution: Duration = .milliseconds(50), time: TimeSource = .system) {
        executor = DispatchQueueExecutor(label: label)
        self.time = time
        wheel = DeadlineWheel(origin: time.now(), resolution: resolution)
    }

    /// The time by which all deadlines of the loop go.
    var now: ContinuousClock.Instant { time.now() }

    /// Starts the timer.
    nonisolated func start() {
        queue.async {
            self.assumeIsolated { loop in
                let timer = DispatchSource.makeTimerSource(queue: loop.queue)
                timer.setEventHandler(
                    handler: DispatchWorkItem { [weak loop] in
                        loop?.assumeIsolated { $0.timerFired() }
                    })
                timer.activate()
                loop.timer = timer
            }
        }
    }

    /// The current `Date` field.
    var date: DateField {
        dateField.refresh()
        return dateField
    }

    /// An id for a channel to come.
    func makeID() -> ChannelID {
        lastID += 1
        return ChannelID(rawValue: lastID)
    }

    func insert(_ channel: any Channel, id: ChannelID) {
        channels[id] = channel
    }

    func remove(_ id: ChannelID) {
        channels[id] = nil
    }

    func channelReadable(_ id: ChannelID) {
        channels[id]?.readable(on: self)
    }

    func channelWritable(_ id: ChannelID) {
        channels[id]?.writable(on: self)
    }

    func stopChannels(_ how: ChannelStop) {
        for channel in Array(channels.values) { channel.stop(how, on: self) }
    }
}

extension EventLoop {
    /// Files `channel` so that it hears of its deadline; cheap when it is filed already.
    func schedule(_ channel: any Channel, id: ChannelID) {
        guard let deadline = channel.deadline else { return }
        let tick = wheel.tick(for: deadline)
        if let scheduled = channel.scheduledTick, scheduled <= tick { return }
        channel.scheduledTick = tick
        wheel.insert(id, at: tick)
        armTimer()
    }

    private func armTimer() {
        guard let next = wheel.nextTick else { return }
        if let armedTick, armedTick <= next { return }
        armedTick = next
        let delay = max(.zero, wheel.instant(of: next) - now)
        timer?.schedule(
            deadline: .now() + .nanoseconds(delay.wholeNanoseconds), repeating: .never, leeway: .milliseconds(5))
    }

    /// Tells every channel whose deadline has passed.
    func timerFired() {
        armedTick = nil
        let now = now
        for entry in wheel.advance(to: now) {
            // An entry that its channel has replaced by an earlier one is left over: it means nothing.
            guard let channel = channels[entry.id], channel.scheduledTick == entry.tick else { continue }
            channel.scheduledTick = nil
            guard let deadline = channel.deadline else { continue }
            if deadline <= now { channel.deadlineReached(on: self) }
            schedule(channel, id: entry.id)
        }
        armTimer()
    }
}

extension Duration {
    /// The duration in nanoseconds, at most 2^63 - 1.
    var wholeNanoseconds: Int {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || carry ? Int.max : Int(sum)
    }
}
