import Testing
import Tokenization
import Transformer

@testable import Engine

/// Runs the scheduler against the recall model without a thread: arrivals, ends and aborts at random, tiny caches.
@Suite struct SchedulerTests {
    private struct Driver {
        var scheduler: Scheduler
        let model: RecallModel
        var random: RandomStream
        var live: [Sequence] = []
        var finished = 0
        var nextID: UInt64 = 0

        mutating func submit() {
            let prompt = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                TokenID(rawValue: Int32.random(in: 0..<97, using: &random))
            }
            var stop = StopConditions()
            stop.maximumTokens = Int.random(in: 1...20, using: &random)
            let request = GenerationRequest(prompt: prompt, stop: stop)
            let channel = GenerationChannel(capacity: 1000) {}
            nextID += 1
            let sequence = Sequence(
                id: SequenceID(rawValue: nextID), request: request, contextLength: model.contextLength,
                output: SequenceOutput(request: request, tokenizer: .digits, channel: channel), submittedAt: .now)
            live.append(sequence)
            scheduler.add(sequence)
        }

        mutating func step() throws {
            let plan = scheduler.plan()
            checkInvariants(plan)
            let logits = try model.step(plan.map(\.segment))
            var row = 0
            for item in plan {
                let reachesEnd = item.reachesEnd
                item.sequence.computedCount += item.tokenCount
                guard reachesEnd else { continue }
                let slice = logits[(row * 97)..<((row + 1) * 97)]
                row += 1
                item.sequence.tokens.append(Int32(slice.firstIndex(of: slice.max()!)! - slice.startIndex))
                if item.sequence.generatedCount == item.sequence.maximumCompletion { finish(item.sequence) }
            }
        }

        mutating func finish(_ sequence: Sequence) {
            let prompt = sequence.request.prompt.map(\.rawValue)
            let generated = Array(sequence.tokens.dropFirst(prompt.count))
            #expect(generated == RecallModel.greedy(prompt, count: generated.count))
            scheduler.remove(sequence)
            live.removeAll { $0 === sequence }
            finished += 1
        }

        func checkInvariants(_ plan: [ScheduledSegment]) {
            let held = live.flatMap(\.blocks)
            #expect(Set(held).count == held.count, "a block has two owners")
            #expect(held.count + scheduler.allocator.freeCount == model.blockCount)
            #expect(scheduler.running.count + scheduler.waiting.count == live.count)
            #expect(plan.reduce(0) { $0 + $1.tokenCount } <= 16)
            #expect(!plan.isEmpty || live.isEmpty, "sequences are there and nothing runs")
            for item in plan {
                #expect(item.tokenCount > 0)
                #expect(item.sequence.blocks.count * model.blockLength >= item.sequence.computedCount + item.tokenCount)
            }
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8])
    func randomLoadKeepsTheInvariants(seed: UInt64) throws {
        // 18 blocks of 4 hold one context of 64 and little more: preemption is the rule.
        let model = RecallModel(contextLength: 64, blockCount: seed.isMultiple(of: 2) ? 18 : 40)
        var driver = Driver(
            scheduler: Scheduler(
                limits: SchedulerLimits(maximumBatchedTokens: 16, maximumSequences: 6, maximumScoredRows: 4),
                blockLength: model.blockLength, blockCount: model.blockCount),
            model: model, random: RandomStream(seed: seed))
        for _ in 0..<1500 {
            if driver.live.count < 12, Int.random(in: 0..<4, using: &driver.random) == 0 { driver.submit() }
            if let victim = driver.live.randomElement(using: &driver.random),
                Int.random(in: 0..<60, using: &driver.random) == 0
            {
                driver.scheduler.remove(victim)
                driver.live.removeAll { $0 === victim }
            }
            try driver.step()
        }
        while !driver.live.isEmpty { try driver.step() }
        #expect(driver.finished > 100)
        #expect(driver.scheduler.allocator.freeCount == model.blockCount)
        if seed.isMultiple(of: 2) { #expect(driver.scheduler.preemptionCount > 0) }
    }
}
