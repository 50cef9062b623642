import Synchronization

/// Whether a client's descriptor has been closed, and the bytes it has read ahead.
final class ClientState: Sendable {
    private let isClosed = Atomic(false)
    private let unread = Mutex<[UInt8]>([])

    /// True for the first caller only.
    func beginClose() -> Bool {
        isClosed.exchange(true, ordering: .relaxed) == false
    }

    func takeUnread() -> [UInt8] {
        unread.withLock { unread in
            defer { unread = [] }
            return unread
        }
    }

    func putBack(_ bytes: [UInt8]) {
        unread.withLock { $0 = bytes + $0 }
    }
}
