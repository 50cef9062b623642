import Glibc
import Kernels
import Testing

@Suite struct PrefaultTests {
    private static let byteCount = 5 << 20

    /// Maps memory, which goes back to the system afterwards.
    private func withMemory(_ body: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
        let memory = mmap(
            nil, Self.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        let start = try #require(memory != MAP_FAILED ? memory : nil)
        defer { munmap(start, Self.byteCount) }
        try body(UnsafeMutableRawBufferPointer(start: start, count: Self.byteCount))
    }

    private func residentPageCount(_ memory: UnsafeMutableRawBufferPointer) -> Int {
        var pages = [UInt8](repeating: 0, count: (memory.count + Int(getpagesize()) - 1) / Int(getpagesize()))
        mincore(memory.baseAddress, memory.count, &pages)
        return pages.count { $0 & 1 == 1 }
    }

    @Test func bringsInEveryPage() throws {
        try withMemory { memory in
            // A kernel older than 5.14 cannot; then nothing is brought in, and nothing is wrong.
            let populateWrite: Int32 = 23
            guard madvise(memory.baseAddress, Int(getpagesize()), populateWrite) == 0 else { return }
            let prefault = Prefault(memory)
            let pageCount = memory.count / Int(getpagesize())
            let clock = ContinuousClock(), giveUp = clock.now + .seconds(60)
            while residentPageCount(memory) < pageCount, clock.now < giveUp { sched_yield() }
            #expect(residentPageCount(memory) == pageCount)
            _ = consume prefault
        }
    }

    @Test func leavesAloneWhatIsWrittenMeanwhile() throws {
        try withMemory { memory in
            let prefault = Prefault(memory)
            for offset in stride(from: 0, to: memory.count, by: 512) {
                memory.storeBytes(of: UInt64(offset), toByteOffset: offset, as: UInt64.self)
            }
            _ = consume prefault
            let isKept = stride(from: 0, to: memory.count, by: 512).allSatisfy {
                memory.load(fromByteOffset: $0, as: UInt64.self) == UInt64($0)
            }
            #expect(isKept)
        }
    }

    @Test(arguments: [1, 2])
    func bringsInEveryPageBeforeItReturns(threadCount: Int) throws {
        try withMemory { memory in
            let populateWrite: Int32 = 23
            guard madvise(memory.baseAddress, Int(getpagesize()), populateWrite) == 0 else { return }
            memory[0] = 7
            Prefault.now(memory, pool: WorkerPool(threadCount: threadCount))
            #expect(residentPageCount(memory) == memory.count / Int(getpagesize()))
            #expect(memory[0] == 7)
        }
    }

    @Test func nothingIsFine() {
        let nothing = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        _ = Prefault(nothing)
        Prefault.now(nothing, pool: WorkerPool(threadCount: 1))
    }
}
