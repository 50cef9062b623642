import Testing

@testable import HTTPServer

/// Limits of 30 s and 256 B/s.
@Suite struct DrainAllowanceTests {
    private let start = ContinuousClock.now

    /// The second in which a peer is given up that has taken `taken(second)` bytes by each second; nil if it lasts.
    private func end(within seconds: Int = 3600, _ taken: (Int) -> Int) -> Int? {
        var allowance = DrainAllowance(acknowledged: 1000, at: start, limits: HTTPLimits())
        for second in 1...seconds {
            let now = start + .seconds(second)
            guard allowance.nextMeasurement <= now else { continue }
            allowance.measure(acknowledged: 1000 + taken(second), at: now)
            if allowance.end <= now { return second }
        }
        return nil
    }

    @Test func aPeerThatTakesNothingHasThirtySeconds() {
        #expect(end { _ in 0 } == 30)
    }

    @Test func aByteASecondBuysNextToNothing() {
        #expect(end { $0 } == 31)
    }

    @Test(arguments: [256, 300, 1460, 1 << 20])
    func theRateIsEnough(rate: Int) {
        #expect(end { $0 * rate } == nil)
    }

    @Test func thePiecesInWhichTCPOpensAWindowAreFineEnough() {
        // A segment of 1460 bytes each 5 s, and 8 KiB each 29 s.
        #expect(end { $0 / 5 * 1460 } == nil)
        #expect(end { $0 / 29 * 8192 } == nil)
    }

    @Test func halfTheRateLastsTwiceAsLong() {
        #expect(end { $0 * 128 }.map { (59...66).contains($0) } == true)
    }

    @Test func aFastStartBuysNoLongSilence() {
        // All is taken in the first second: measured at the fifth, so that the silence may seem four seconds shorter.
        let end = end { _ in 1 << 30 }
        #expect(end.map { (30...35).contains($0) } == true)
    }

    @Test func acknowledgementsThatSeemToGoBackBuyNothing() {
        var allowance = DrainAllowance(acknowledged: 500, at: start, limits: HTTPLimits())
        allowance.measure(acknowledged: 0, at: start + .seconds(10))
        allowance.measure(acknowledged: 500, at: start + .seconds(20))
        #expect(allowance.end == start + .seconds(30))
        allowance.measure(acknowledged: .max, at: start + .seconds(29))
        #expect(allowance.end == start + .seconds(59))
    }
}
