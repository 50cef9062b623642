/// Coarse timeouts for many channels at a constant cost each.
///
/// Entries lie in slots by tick; a slot is looked at once per turn of the wheel. A deadline that moves later is not
/// touched: the entry comes up at its old tick, and its owner files it anew. Only one that moves earlier costs an
/// entry. So a connection that is busy all the time pays next to nothing for its idle timeout.
struct DeadlineWheel: Sendable {
    struct Entry: Hashable, Sendable {
        var id: ChannelID
        var tick: Int
    }

    private let origin: ContinuousClock.Instant
    private let resolution: Duration
    private var slots: [[Entry]]
    private var entryCount = 0
    /// Every entry up to and including this tick has been handed out.
    private var lastTick = 0

    init(origin: ContinuousClock.Instant, resolution: Duration, slots: Int = 512) {
        precondition(slots > 0 && resolution > .zero)
        self.origin = origin
        self.resolution = resolution
        self.slots = Array(repeating: [], count: slots)
    }

    /// The first tick at which `instant` has passed.
    func tick(for instant: ContinuousClock.Instant) -> Int {
        max(lastTick + 1, Int(((instant - origin) / resolution).rounded(.up)))
    }

    func instant(of tick: Int) -> ContinuousClock.Instant {
        origin + resolution * tick
    }

    mutating func insert(_ id: ChannelID, at tick: Int) {
        precondition(tick > lastTick)
        slots[tick % slots.count].append(Entry(id: id, tick: tick))
        entryCount += 1
    }

    /// Takes out every entry whose tick has come.
    mutating func advance(to now: ContinuousClock.Instant) -> [Entry] {
        let current = Int(((now - origin) / resolution).rounded(.down))
        guard current > lastTick else { return [] }
        var due: [Entry] = []
        // A longer sleep than a full turn still visits each slot once.
        for tick in (lastTick + 1)...min(current, lastTick + slots.count) where !slots[tick % slots.count].isEmpty {
            slots[tick % slots.count].removeAll { entry in
                guard entry.tick <= current else { return false }
                due.append(entry)
                return true
            }
        }
        lastTick = current
        entryCount -= due.count
        return due
    }

    /// When to look again; nil while there is nothing to wait for. Early by whole turns for far entries.
    var nextTick: Int? {
        guard entryCount > 0 else { return nil }
        return ((lastTick + 1)...(lastTick + slots.count)).first { !slots[$0 % slots.count].isEmpty }
    }
}
