import Testing

@testable import InferenceService

@Suite struct MemoryPlanTests {
    /// 32,768 tokens in blocks of 32.
    private static let wantedBlocks = 1_024

    private func demand(
        _ name: String, block: Int = 1_000, context: Int = 512, weights: Int = 0, fixed: Int? = nil
    ) -> MemoryDemand {
        MemoryDemand(
            name: name, weightByteCount: weights, blockByteCount: block, contextBlockCount: context,
            fixedByteCount: fixed)
    }

    private let plenty = 1 << 40

    @Test func withRoomEachGetsWhatItWants() throws {
        let plan = try MemoryPlan(
            [demand("a", weights: 5), demand("b", block: 7, context: 5_000, weights: 6)], cacheByteCount: nil,
            available: plenty)
        #expect(plan.blockCounts == [Self.wantedBlocks, 5_000])
        #expect(plan.cacheByteCount == Self.wantedBlocks * 1_000 + 35_000)
        #expect(plan.weightByteCount == 11)
    }

    @Test func aSingleModelGetsAllThatIsGiven() throws {
        let plan = try MemoryPlan([demand("a")], cacheByteCount: 5_000_999, available: plenty)
        #expect(plan.blockCounts == [5_000])
    }

    @Test func whatIsGivenIsDividedInProportion() throws {
        let demands = [demand("a", block: 1_000), demand("b", block: 3_000)]
        let plan = try MemoryPlan(demands, cacheByteCount: 4_000_000, available: plenty)
        #expect(plan.blockCounts == [1_000, 1_000])
    }

    /// The default takes a quarter of the memory at most.
    @Test func theDefaultIsBoundByTheMemory() throws {
        let demands = [demand("a"), demand("b")]
        #expect(try MemoryPlan(demands, cacheByteCount: nil, available: 8_000_000).blockCounts == [1_000, 1_000])
        // But not below one context each, nor above what the weights leave.
        #expect(try MemoryPlan(demands, cacheByteCount: nil, available: 2_000_000).blockCounts == [512, 512])
        let heavy = [demand("a", weights: 7_000_000), demand("b")]
        #expect(try MemoryPlan(heavy, cacheByteCount: nil, available: 8_400_000).blockCounts == [700, 700])
    }

    @Test func nobodyGetsLessThanOneContext() throws {
        let demands = [demand("small"), demand("long", context: 2_000), demand("other")]
        let plan = try MemoryPlan(demands, cacheByteCount: 4_000_000, available: plenty)
        #expect(plan.blockCounts == [1_000, 2_000, 1_000])
    }

    @Test func aSizeOfItsOwnIsTakenFirst() throws {
        let demands = [demand("a"), demand("b", fixed: 600_500), demand("c")]
        let plan = try MemoryPlan(demands, cacheByteCount: 2_600_500, available: plenty)
        #expect(plan.blockCounts == [1_000, 600, 1_000])
        #expect(try MemoryPlan(demands, cacheByteCount: nil, available: plenty).blockCounts == [1_024, 600, 1_024])
        let own = [demand("a", fixed: 512_000), demand("b", fixed: 700_000)]
        #expect(try MemoryPlan(own, cacheByteCount: nil, available: plenty).blockCounts == [512, 700])
    }

    @Test(arguments: [
        (nil, [511_999]), (511_999, [nil]), (1_023_999, [nil, nil]), (1_500_000, [1_000_000, nil]),
        (1_999_999, [1_000_000, 1_000_000]),
    ])
    func tooSmallACacheIsRefused(total: Int?, fixed: [Int?]) {
        let demands = fixed.enumerated().map { demand("m\($0)", fixed: $1) }
        do {
            _ = try MemoryPlan(demands, cacheByteCount: total, available: plenty)
            Issue.record("accepted")
        } catch {
            guard case .cacheTooSmall = error else {
                Issue.record("\(error)")
                return
            }
            #expect(error.description.contains("m0 needs"))
        }
    }

    @Test func whatDoesNotFitIsRefusedWithFigures() throws {
        let demands = [demand("a", weights: 900_000), demand("b", weights: 100_000)]
        #expect(try MemoryPlan(demands, cacheByteCount: nil, available: 2_024_000).blockCounts == [512, 512])
        do {
            _ = try MemoryPlan(demands, cacheByteCount: nil, available: 2_023_999)
            Issue.record("accepted")
        } catch {
            #expect(error.description.contains("weights of 1000000 bytes"))
            #expect(error.description.contains("1024000"))
            #expect(error.description.contains("2023999"))
        }
    }

    @Test func noSumOverflows() {
        for demands in [[demand("a", fixed: .max), demand("b", fixed: .max)], [demand("a"), demand("b")]] {
            #expect(throws: MemoryPlanError.self) { try MemoryPlan(demands, cacheByteCount: .max, available: plenty) }
        }
    }
}
