import Testing
import Tokenization

@testable import Engine

/// Single situations that random load reaches rarely.
@Suite struct SchedulerEdgeTests {
    private func request(
        _ prompt: [Int32], count: Int, tenant: String = "a", _ configure: (inout GenerationRequest) -> Void = { _ in }
    ) -> GenerationRequest {
        var request = GenerationRequest(prompt: prompt.map { TokenID(rawValue: $0) })
        request.sampling.temperature = 0
        request.stop.maximumTokens = count
        request.tenant = Tenant(id: tenant)
        configure(&request)
        return request
    }

    @Test func aReaderThatCaughtUpIsNotBehindWhenTheNextTokenHasNoText() {
        let simulation = Simulation(seed: 1, contextLength: 64, blockCount: 16) {
            $0.streamCapacity = 2
            $0.readerTimeout = .seconds(1)
        }
        let expected = RecallModel.greedy([9], count: 8)
        // The third and fourth token could begin the stop string, so their text waits for the fifth.
        simulation.submit([request([9], count: 8) { $0.stop.strings = ["t\(expected[2]).t\(expected[3]).?"] }])
        simulation.setReading(false, 0)
        for _ in 0..<4 { simulation.turn() }
        #expect(!simulation.loop.scheduler.hasRunnableWork)
        simulation.setReading(true, 0)
        simulation.drain(limit: 1000)
        #expect(simulation.clients[0].ends == [.length])
        simulation.checkReplies()
    }

    @Test func anIdleEngineWakesForTheDeadlineOfAPausedSequence() throws {
        let simulation = Simulation(seed: 1, contextLength: 64, blockCount: 16) {
            $0.streamCapacity = 1
            $0.readerTimeout = .seconds(1000)
        }
        let deadline = simulation.clock.now + .seconds(5)
        simulation.submit([request([9], count: 50) { $0.deadline = deadline }])
        simulation.setReading(false, 0)
        for _ in 0..<5 { simulation.turn() }
        #expect(!simulation.loop.scheduler.hasRunnableWork)
        guard case .until(let wakeUp) = simulation.loop.patience else {
            Issue.record("the engine sleeps for ever")
            return
        }
        #expect(wakeUp <= deadline)
        simulation.clock.advance(by: .seconds(6))
        simulation.turn()
        simulation.setReading(true, 0)
        simulation.drain(limit: 10)
        #expect(simulation.clients[0].ends == [.timedOut])
    }

    @Test(arguments: [true, false])
    func whoCannotRunSavesUpNoCreditForOthers(isBatch: Bool) throws {
        let simulation = Simulation(seed: 1, contextLength: 256, blockCount: 400) {
            $0.maximumSequences = 4
            $0.maximumBatchedTokens = 64
            $0.streamCapacity = 1
            $0.readerTimeout = .seconds(1_000_000)
            $0.queueTimeout = .seconds(1_000_000)
        }
        // Somebody has been served little and asks for nothing now: batch work that gets no turn, or a reader who is behind.
        simulation.submit([
            request([1], count: 100, tenant: "quiet") { if isBatch { $0.lane = .batch } }
        ])
        simulation.setReading(false, 0)
        for round in 0..<40 as Range<Int32> {
            simulation.submit([request((0..<100).map { ($0 * 3 + round) % 97 }, count: 10, tenant: "old")])
            for _ in 0..<25 { simulation.turn() }
        }
        // A newcomer with a long line does not go before the one request of the other tenant again and again.
        for number in 0..<40 as Range<Int32> {
            simulation.submit([request((0..<100).map { ($0 * 5 + number) % 97 }, count: 10, tenant: "new")])
        }
        simulation.submit([request((0..<100).map { ($0 * 7) % 97 }, count: 10, tenant: "old")])
        let last = simulation.clients.count - 1
        for _ in 0..<2000 where simulation.clients[last].ends.isEmpty { simulation.turn() }
        let earlier = simulation.clients.count { $0.request.tenant.id == "new" && !$0.ends.isEmpty }
        #expect(earlier < 12)
        simulation.setReading(true, 0)
        simulation.drain(limit: 5000)
        simulation.checkReplies()
    }

    @Test func followersWithoutAPlaceReportWhatTheirLeaderFound() {
        let simulation = Simulation(seed: 1, contextLength: 64, blockCount: 40) { $0.maximumSequences = 2 }
        let prompt = (0..<30 as Range<Int32>).map { $0 }
        simulation.submit([request(prompt, count: 2)])
        simulation.drain(limit: 100)
        simulation.submit((0..<5).map { _ in request(prompt, count: 5) })
        simulation.drain(limit: 100)
        #expect(simulation.clients.map { $0.summary?.cachedTokenCount } == [0, 28, 28, 28, 28, 28])
        simulation.checkReplies()
    }

    /// Whoever submits looks whether the engine stops, and posts later: everything may be over in between.
    @Test func whoWasLetInBeforeTheEndAndComesAfterItDoesNotRun() {
        let simulation = Simulation(seed: 1, contextLength: 64, blockCount: 40)
        // A second outside of the same loop stands for the look that came too early.
        let late = Engine(loop: simulation.loop, tokenizer: .digits)
        simulation.submit([request([1], count: 20)])
        simulation.turn()
        simulation.engine.stopAccepting()
        simulation.engine.abortAll(.aborted)
        let streams = try? late.submit([request([1, 2], count: 20), request([1, 2], count: 20)])
        simulation.turn()
        #expect(simulation.clients[0].ends == [.aborted])
        for stream in streams ?? [] {
            guard case .some(.some(.finished(let summary))) = stream.channel.take() else {
                Issue.record("no end")
                continue
            }
            #expect(summary.finishReason == .aborted && summary.startedAt == nil)
        }
        #expect(simulation.loop.sequences.isEmpty && streams?.count == 2)
        #expect(simulation.engine.status.waitingSequences == 0)
    }

    @Test func anEngineThatGoesOnTakesWhatComesAfterItsSequencesWereEnded() {
        let simulation = Simulation(seed: 1, contextLength: 64, blockCount: 40)
        simulation.submit([request([1], count: 20)])
        simulation.engine.abortAll(.aborted)
        simulation.submit([request([1], count: 20)])
        simulation.drain(limit: 100)
        #expect(simulation.clients.map(\.ends) == [[.aborted], [.length]])
    }

    @Test func followersAreDisplacedBeforeTheirLeader() {
        let simulation = Simulation(seed: 1, contextLength: 64, blockCount: 40) {
            $0.maximumSequences = 1
            $0.maximumWaitingSequences = 5
        }
        simulation.submit([request([1], count: 20)])
        simulation.turn()
        simulation.submit((0..<5).map { _ in request([2, 3], count: 5) })
        simulation.turn()
        #expect(simulation.submit([request([4], count: 5, tenant: "b")]))
        #expect(simulation.submit([request([5], count: 5, tenant: "b")]))
        simulation.turn()
        #expect(simulation.loop.sequences.count == 6)
        simulation.drain(limit: 200)
        let ends = simulation.clients.map(\.ends)
        #expect(ends[1...3].allSatisfy { $0 == [.length] })
        #expect(ends[4...5].allSatisfy { $0 == [.displaced] })
        simulation.checkReplies()
    }

    @Test func someoneElseMakesRoomWhenTheHeaviestOnlyRuns() {
        let simulation = Simulation(seed: 1, contextLength: 64, blockCount: 80) {
            $0.maximumSequences = 6
            $0.maximumWaitingSequences = 4
        }
        for number in 0..<6 as Range<Int32> { simulation.submit([request([number], count: 40)]) }
        simulation.turn()
        for number in 0..<4 as Range<Int32> { simulation.submit([request([number], count: 40, tenant: "b")]) }
        #expect(simulation.submit([request([7], count: 5, tenant: "c")]))
        simulation.turn()
        #expect(simulation.loop.sequences.count == 10)
        simulation.drain(limit: 500)
        #expect(simulation.clients.count { $0.ends == [.displaced] } == 1)
        simulation.checkReplies()
    }

    @Test func aLongLineKeepsItsOrder() {
        var random = RandomStream(seed: 3)
        let simulation = Simulation(seed: 1, contextLength: 64, blockCount: 16) { $0.maximumWaitingSequences = 65_536 }
        for number in 0..<20_000 as Range<Int32> { simulation.submit([request([number % 97], count: 1)]) }
        for index in simulation.clients.indices.shuffled(using: &random) where index >= 200 { simulation.cancel(index) }
        simulation.turn()
        simulation.drain(limit: 200)
        let ended = simulation.clients[..<200].map { $0.finishedAtTurn ?? 0 }
        #expect(ended == ended.sorted())
        simulation.checkReplies()
    }
}
