import Foundation
import Kernels
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
    @Test(arguments: [1, 2, 3, 8], [1, 7, 64])
    func everyIndexIsDoneOnceAndSeenAfterwards(threadCount: Int, grain: Int) {
        let pool = WorkerPool(threadCount: threadCount)
        for count in [0, 1, 2, 63, 64, 65, 1000] {
            let hits = UnsafeMutableBufferPointer<Int>.allocate(capacity: count)
            hits.initialize(repeating: 0)
            defer { hits.deallocate() }
            pool.parallelFor(count: count, grain: grain) { range, worker in
                #expect(range.lowerBound.isMultiple(of: grain) && (0..<threadCount).contains(worker))
                #expect(range.upperBound.isMultiple(of: grain) || range.upperBound == count)
                for index in range { hits[index] += index + 1 }
            }
            #expect(hits.elementsEqual(1..<(count + 1)))
        }
    }

    @Test(arguments: [2, 4])
    func manyShortLoopsInARowLoseNothing(threadCount: Int) {
        let pool = WorkerPool(threadCount: threadCount)
        let cells = UnsafeMutableBufferPointer<Int>.allocate(capacity: 16)
        cells.initialize(repeating: 0)
        defer { cells.deallocate() }
        let rounds = 100_000
        // Each round reads what other workers wrote in the round before, without any other synchronisation.
        for _ in 0..<rounds {
            pool.parallelFor(count: 8, grain: 1) { range, _ in
                for index in range { cells[index + 8] = cells[7 - index] + 1 }
            }
            pool.parallelFor(count: 8, grain: 1) { range, _ in
                for index in range { cells[index] = cells[15 - index] }
            }
        }
        #expect(cells.prefix(8).allSatisfy { $0 == rounds })
    }

    @Test(arguments: [1, 2, 3, 5])
    func everyLoopOfATeamSeesTheOneBefore(threadCount: Int) {
        let pool = WorkerPool(threadCount: threadCount)
        let cells = UnsafeMutableBufferPointer<Int>.allocate(capacity: 32)
        cells.initialize(repeating: 0)
        defer { cells.deallocate() }
        let rounds = 3_000
        // Loops of every length, also of none and of fewer ranges than members; later jobs find the words of earlier ones.
        for _ in 0..<3 {
            pool.run { member in
                for round in 0..<rounds {
                    let count = round % 17
                    member.forEach(count: count, grain: 1 + round % 3) { range in
                        for index in range { cells[index + 16] = cells[(index + 1) % count] + 1 }
                    }
                    member.forEach(count: count, grain: 2) { range in
                        for index in range { cells[index] = cells[index + 16] }
                    }
                }
            }
        }
        // The same by one thread.
        var expected = [Int](repeating: 0, count: 32)
        for round in 0..<3 * rounds {
            let count = round % rounds % 17
            for index in 0..<count { expected[index + 16] = expected[(index + 1) % count] + 1 }
            for index in 0..<count { expected[index] = expected[index + 16] }
        }
        #expect(cells.elementsEqual(expected))
    }

    @Test func loopsOfSeveralCallersTakeTurns() async {
        let pool = WorkerPool(threadCount: 3)
        let total = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask { @concurrent in
                    let sum = Atomic(0)
                    for _ in 0..<2_000 {
                        pool.parallelFor(count: 10, grain: 1) { range, _ in
                            sum.add(range.reduce(0, +), ordering: .relaxed)
                        }
                    }
                    return sum.load(ordering: .relaxed)
                }
            }
            return await group.reduce(0, +)
        }
        #expect(total == 4 * 2_000 * 45)
    }

    /// Whoever has just had its turn comes after all who wait, however fast it asks again.
    @Test(arguments: [1, 2])
    func callersComeInTheOrderInWhichTheyAsked(threadCount: Int) {
        let pool = WorkerPool(threadCount: threadCount)
        let order = Mutex<[Int]>([])
        @Sendable func wait(for count: Int) { while pool.waitingCount < count { sched_yield() } }
        @Sendable func takeTurn(_ caller: Int) {
            pool.run { member in if member.number == 0 { order.withLock { $0.append(caller) } } }
        }
        pool.run { member in
            guard member.number == 0 else { return }
            for caller in 1...3 {
                Thread.detachNewThread { takeTurn(caller) }
                wait(for: caller)
            }
        }
        takeTurn(4)
        #expect(order.withLock { $0 } == [1, 2, 3, 4])
    }

    @Test func poolsComeAndGo() {
        for round in 0..<200 {
            let pool = WorkerPool(threadCount: 1 + round % 4)
            let total = Atomic(0)
            if round.isMultiple(of: 2) {
                pool.parallelFor(count: 5, grain: 1) { range, _ in total.add(range.count, ordering: .relaxed) }
                #expect(total.load(ordering: .relaxed) == 5)
            }
        }
    }

    @Test func aLoopInsideALoopIsAProgrammingError() async {
        await #expect(processExitsWith: .failure) {
            let pool = WorkerPool(threadCount: 2)
            pool.parallelFor(count: 2, grain: 1) { _, _ in
                pool.parallelFor(count: 2, grain: 1) { _, _ in }
            }
        }
    }
}
