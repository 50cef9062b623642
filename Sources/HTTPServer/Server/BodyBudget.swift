import Synchronization

/// Counts the bytes of request bodies that a server holds, over all its connections.
final class BodyBudget: Sendable {
    private let limit: Int
    private let used = Mutex(0)

    init(limit: Int) {
        self.limit = max(0, limit)
    }

    var usedBytes: Int { used.withLock { $0 } }

    /// Whether so many more bytes would fit now.
    func hasRoom(for count: Int) -> Bool {
        used.withLock { count <= limit - $0 }
    }

    fileprivate func take(_ count: Int) -> Bool {
        used.withLock { used in
            guard count <= limit - used else { return false }
            used += count
            return true
        }
    }

    fileprivate func giveBack(_ count: Int) {
        used.withLock { used in
            used -= count
            precondition(used >= 0, "more was given back than taken")
        }
    }
}

/// One request's share of the budget. It goes back once, at the latest when nobody holds the reservation any more.
final class BodyReservation: Sendable {
    private struct Share: Sendable {
        var bytes = 0
        var isReleased = false
    }

    private let budget: BodyBudget
    private let share = Mutex(Share())

    init(from budget: BodyBudget) {
        self.budget = budget
    }

    deinit {
        release()
    }

    /// Makes the share `total` bytes; false, and nothing changes, if the budget has too little left.
    func grow(to total: Int) -> Bool {
        share.withLock { share in
            guard !share.isReleased, total > share.bytes else { return true }
            guard budget.take(total - share.bytes) else { return false }
            share.bytes = total
            return true
        }
    }

    func release() {
        let bytes = share.withLock { share in
            defer { share = Share(isReleased: true) }
            return share.bytes
        }
        if bytes > 0 { budget.giveBack(bytes) }
    }
}
