import Testing

@testable import AccessControl

@Suite struct LimitTests {
    private let start = ContinuousClock.now

    @Test func aBucketGivesAMinutesWorthAtOnceAndThenFillsSteadily() throws {
        let usage = KeyUsage(KeyLimits(requestsPerMinute: 60), at: start)
        for _ in 0..<60 { _ = try usage.begin(at: start) }
        let refused = #expect(throws: LimitReached.self) { try usage.begin(at: start) }
        #expect(refused == LimitReached(kind: .requests, limit: 60, requested: 1, wait: .seconds(1)))
        #expect(throws: LimitReached.self) { try usage.begin(at: start + .microseconds(999_999)) }
        _ = try usage.begin(at: start + .seconds(1))
        #expect(throws: LimitReached.self) { try usage.begin(at: start + .seconds(1)) }
        let standing = usage.standing(at: start + .seconds(31))
        #expect(standing.requests?.remaining == 30 && standing.requests?.limit == 60)
        #expect(standing.requests?.reset == .seconds(30))
        #expect(usage.standing(at: start + .seconds(9999)).requests?.remaining == 60, "it never holds more")
    }

    /// What is refused must not use anything up, or those who ask too often would never get through.
    @Test func aRefusalCostsNothing() throws {
        let usage = KeyUsage(KeyLimits(requestsPerMinute: 1, concurrentRequests: 1), at: start)
        let lease = try usage.begin(at: start)
        let later = start + .seconds(60)
        for _ in 0..<5 {
            #expect(throws: LimitReached(kind: .concurrentRequests, limit: 1, requested: 1, wait: nil)) {
                try usage.begin(at: later)
            }
        }
        lease.end(usedTokens: 0, at: later)
        _ = try usage.begin(at: later)
    }

    @Test func manySmallStepsAddUpToTheWhole() throws {
        for perMinute in [1, 7, 59, 1_000_000_000] {
            var bucket = TokenBucket(perMinute: perMinute, at: start)
            bucket.take(perMinute, at: start)
            #expect(bucket.remaining(at: start) == 0)
            var now = start
            // Nanoseconds that are no whole microseconds.
            for _ in 0..<60_000 {
                now += .nanoseconds(1_000_001)
                bucket.take(0, at: now)
            }
            #expect(bucket.remaining(at: now) == perMinute)
        }
    }

    @Test func tokensAreReservedAndSettled() throws {
        let usage = KeyUsage(KeyLimits(tokensPerMinute: 600), at: start)
        let lease = try usage.begin(at: start)
        try lease.reserve(400, at: start)
        #expect(usage.standing(at: start).tokens?.remaining == 200)
        let other = try usage.begin(at: start)
        #expect(throws: LimitReached(kind: .tokens, limit: 600, requested: 300, wait: .seconds(10))) {
            try other.reserve(300, at: start)
        }
        lease.end(usedTokens: 150, at: start)
        #expect(usage.standing(at: start).tokens?.remaining == 450)
        try other.reserve(300, at: start)
        other.end(usedTokens: 300, at: start)
        #expect(usage.standing(at: start).tokens?.remaining == 150)
    }

    @Test func whatWasUsedBeyondTheReservationIsOwed() throws {
        let usage = KeyUsage(KeyLimits(tokensPerMinute: 60), at: start)
        let lease = try usage.begin(at: start)
        try lease.reserve(60, at: start)
        lease.end(usedTokens: 90, at: start)
        let standing = usage.standing(at: start)
        #expect(standing.tokens?.remaining == 0 && standing.tokens?.reset == .seconds(90))
        let refused = #expect(throws: LimitReached.self) { try usage.begin(at: start + .seconds(30)) }
        #expect(refused?.wait == .seconds(1))
        _ = try usage.begin(at: start + .seconds(31))
    }

    @Test func moreThanTheLimitEverAllowsIsHopeless() throws {
        let usage = KeyUsage(KeyLimits(tokensPerMinute: 100), at: start)
        let lease = try usage.begin(at: start)
        let refused = #expect(throws: LimitReached.self) { try lease.reserve(101, at: start) }
        #expect(refused?.isHopeless == true && refused?.wait == nil)
        #expect(throws: LimitReached.self) { try lease.reserve(.max, at: start) }
        try lease.reserve(100, at: start)
    }

    @Test func anEndCountsOnceAndNothingIsTakenAfterIt() throws {
        let usage = KeyUsage(KeyLimits(tokensPerMinute: 100, concurrentRequests: 2), at: start)
        let lease = try usage.begin(at: start)
        lease.end(usedTokens: 10, at: start)
        lease.end(usedTokens: 10, at: start)
        try lease.reserve(50, at: start)
        let standing = usage.standing(at: start)
        #expect(standing.tokens?.remaining == 90 && standing.runningRequests == 0)
    }

    @Test func hugeNumbersDoNotOverflow() throws {
        let usage = KeyUsage(KeyLimits(requestsPerMinute: 1_000_000_000, tokensPerMinute: 1_000_000_000), at: start)
        for _ in 0..<20 {
            let lease = try usage.begin(at: start + .seconds(1 << 34))
            lease.end(usedTokens: 1 << 40, at: start + .seconds(1 << 34))
            if usage.standing(at: start + .seconds(1 << 34)).tokens?.remaining == 0 { break }
        }
        let far = start + .seconds(1 << 40)
        #expect(usage.standing(at: far).tokens?.remaining == 1_000_000_000)
        let past = start - .seconds(1 << 40)
        #expect(usage.standing(at: past).tokens?.remaining == 0, "time that runs back adds nothing")
        try usage.begin(at: far).reserve(1_000_000_000, at: far)
    }

    @Test func withoutLimitsNothingIsRefused() throws {
        let usage = KeyUsage(KeyLimits(), at: start)
        let lease = try usage.begin(at: start)
        try lease.reserve(.max, at: start)
        usage.change(to: KeyLimits(tokensPerMinute: 10), at: start)
        lease.end(usedTokens: 4, at: start)
        let standing = usage.standing(at: start)
        #expect(standing.tokens?.remaining == 6 && standing.requests == nil)
    }

    @Test func otherLimitsKeepWhatWasUsed() throws {
        let usage = KeyUsage(KeyLimits(requestsPerMinute: 10, concurrentRequests: 1), at: start)
        for _ in 0..<4 { try usage.begin(at: start).end(usedTokens: 0, at: start) }
        usage.change(to: KeyLimits(requestsPerMinute: 100), at: start)
        #expect(usage.standing(at: start).requests?.remaining == 6)
        usage.change(to: KeyLimits(requestsPerMinute: 2), at: start)
        #expect(usage.standing(at: start).requests?.remaining == 2)
        usage.change(to: KeyLimits(), at: start)
        #expect(usage.standing(at: start).requests == nil)
    }
}
