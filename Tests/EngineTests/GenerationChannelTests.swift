import Synchronization
import Testing

@testable import Engine

@Suite struct GenerationChannelTests {
    private final class Notices: Sendable {
        let all = Mutex<[ConsumerNotice]>([])
        func append(_ notice: ConsumerNotice) { all.withLock { $0.append(notice) } }
        var count: Int { all.withLock { $0.count } }
    }

    private let event = GenerationEvent.text("x", completionTokenCount: 1, tokens: [])

    private func makeChannel(capacity: Int) -> (GenerationChannel, Notices) {
        let notices = Notices()
        return (GenerationChannel(capacity: capacity) { notices.append($0) }, notices)
    }

    @Test func tellsOnceWhenTheReaderHasCaughtUp() {
        let (channel, notices) = makeChannel(capacity: 4)
        for index in 1...6 { #expect(channel.send(event) == (index >= 4)) }
        for _ in 0..<3 { _ = channel.take() }
        #expect(notices.count == 0)
        for _ in 0..<3 { _ = channel.take() }
        #expect(notices.count == 1)
        #expect(!channel.send(event))
    }

    @Test func aChannelOfOneEventCatchesUpWhenItIsEmpty() {
        let (channel, notices) = makeChannel(capacity: 1)
        #expect(channel.send(event))
        _ = channel.take()
        #expect(notices.count == 1)
    }

    @Test func abandonedOnceAndSilentAfterwards() {
        let (channel, notices) = makeChannel(capacity: 2)
        _ = channel.send(event)
        channel.cancel()
        channel.cancel()
        #expect(notices.count == 1)
        #expect(!channel.send(event))
        guard case .some(.none) = channel.take() else {
            Issue.record("a cancelled stream has more events")
            return
        }
    }
}
