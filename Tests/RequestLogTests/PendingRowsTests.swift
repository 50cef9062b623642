@testable import RequestLog
import Testing

@Suite struct PendingRowsTests {
    private static func limits(queued: Int = 4, batch: Int = 2) -> RequestLog.Limits {
        var limits = RequestLog.Limits()
        limits.queuedRows = queued
        limits.batchRows = batch
        return limits
    }

    @Test func theFirstRowSetsTheTimerAndAFullBatchIsWrittenAtOnce() {
        var rows = PendingRows(limits: Self.limits(queued: 10, batch: 3))
        #expect(rows.append(.sample(0)) == .after(.milliseconds(100)))
        #expect(rows.append(.sample(1)) == .none)
        #expect(rows.append(.sample(2)) == .now)
        #expect(rows.append(.sample(3)) == .none)
        rows.wakeArrived()
        #expect(rows.append(.sample(4)) == .after(.milliseconds(100)))
    }

    @Test func aFullQueueDropsTheNewest() {
        var rows = PendingRows(limits: Self.limits())
        for number in 0..<10 { _ = rows.append(.sample(number)) }
        #expect(rows.dropped == 6)
        #expect(rows.queued.map(\.promptTokens) == [0, 1, 2, 3])
    }

    @Test func rowsBeingWrittenCountAgainstTheBound() {
        var rows = PendingRows(limits: Self.limits())
        for number in 0..<4 { _ = rows.append(.sample(number)) }
        let batch = rows.takeBatch()
        #expect(batch.map(\.promptTokens) == [0, 1])
        _ = rows.append(.sample(4))
        #expect(rows.dropped == 1)
        #expect(rows.batchFailed(batch) == true)
        #expect(rows.queued.map(\.promptTokens) == [0, 1, 2, 3])
        #expect(rows.batchFailed(rows.takeBatch()) == false, "the same outage")
    }

    @Test func anOutageWaitsLongerEachTime() {
        var rows = PendingRows(limits: Self.limits(queued: 100))
        _ = rows.append(.sample(0))
        var delays: [Duration] = []
        for _ in 0..<12 {
            _ = rows.batchFailed(rows.takeBatch())
            rows.wakeArrived()
            guard case .after(let delay) = rows.wakeAfterDrain() else { return }
            delays.append(delay)
        }
        #expect(delays.prefix(3) == [.milliseconds(200), .milliseconds(400), .milliseconds(800)])
        #expect(delays.last == .seconds(30))
        #expect(delays == delays.sorted())
        #expect(rows.append(.sample(1)) == .none, "a full batch does not hurry a retry")
        _ = rows.takeBatch()
        #expect(rows.batchWritten() == true, "the end of the outage")
        #expect(rows.batchWritten() == false)
    }

    @Test func aRefusedBatchIsCountedAndGone() {
        var rows = PendingRows(limits: Self.limits())
        for number in 0..<3 { _ = rows.append(.sample(number)) }
        _ = rows.takeBatch()
        rows.batchRefused()
        #expect(rows.dropped == 2)
        #expect(rows.takeBatch().map(\.promptTokens) == [2])
    }

    @Test func closingTakesNothingMoreAndCountsTheRest() {
        var rows = PendingRows(limits: Self.limits())
        _ = rows.append(.sample(0))
        #expect(rows.close() == true)
        #expect(rows.close() == false)
        #expect(rows.append(.sample(1)) == .none)
        #expect(rows.wakeAfterDrain() == .none)
        rows.discardQueued()
        #expect(rows.dropped == 2)
    }
}
