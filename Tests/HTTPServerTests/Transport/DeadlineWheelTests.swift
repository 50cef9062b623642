import Testing

@testable import HTTPServer

@Suite struct DeadlineWheelTests {
    private let origin = ContinuousClock.now

    private func wheel() -> DeadlineWheel {
        DeadlineWheel(origin: origin, resolution: .milliseconds(10), slots: 16)
    }

    private func id(_ value: UInt64) -> ChannelID { ChannelID(rawValue: value) }

    @Test func anEntryComesUpOnceAndNeverEarly() {
        var wheel = wheel()
        wheel.insert(id(1), at: wheel.tick(for: origin + .milliseconds(35)))
        #expect(wheel.advance(to: origin + .milliseconds(34)).isEmpty)
        #expect(wheel.advance(to: origin + .milliseconds(39)).isEmpty)
        #expect(wheel.advance(to: origin + .milliseconds(40)).map(\.id) == [id(1)])
        #expect(wheel.advance(to: origin + .seconds(9)).isEmpty)
        #expect(wheel.nextTick == nil)
    }

    @Test func entriesBeyondATurnWaitForTheirOwn() {
        var wheel = wheel()
        wheel.insert(id(1), at: 100)
        wheel.insert(id(2), at: 4)  // the same slot as 100
        #expect(wheel.advance(to: origin + .milliseconds(50)).map(\.id) == [id(2)])
        #expect(wheel.advance(to: origin + .milliseconds(999)).isEmpty)
        #expect(wheel.advance(to: origin + .milliseconds(1000)).map(\.id) == [id(1)])
    }

    @Test func aLongSleepMissesNothing() {
        var wheel = wheel()
        for tick in 1...200 { wheel.insert(id(UInt64(tick)), at: tick) }
        #expect(Set(wheel.advance(to: origin + .seconds(60)).map(\.id.rawValue)) == Set(1...200))
    }

    @Test func aPastDeadlineComesUpAtTheNextTick() {
        var wheel = wheel()
        #expect(wheel.advance(to: origin + .milliseconds(500)).isEmpty)
        let tick = wheel.tick(for: origin)
        #expect(tick == 51)
        wheel.insert(id(1), at: tick)
        #expect(wheel.nextTick == 51)
        #expect(wheel.advance(to: origin + .milliseconds(510)).map(\.id) == [id(1)])
    }

    @Test func randomScheduleAgainstAList() {
        for seed in 0..<20 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var wheel = wheel()
            var waiting: [UInt64: Int] = [:]
            var now = 0
            for step in 0..<500 as Range<UInt64> {
                if Bool.random(using: &generator) {
                    let tick = wheel.tick(for: origin + .milliseconds(now + .random(in: 1...800, using: &generator)))
                    wheel.insert(id(step), at: tick)
                    waiting[step] = tick
                }
                now += .random(in: 0...60, using: &generator)
                let due = Set(wheel.advance(to: origin + .milliseconds(now)).map(\.id.rawValue))
                let expected = Set(waiting.filter { $0.value <= now / 10 }.keys)
                #expect(due == expected, "seed \(seed), step \(step)")
                for key in due { waiting[key] = nil }
                #expect(waiting.isEmpty == (wheel.nextTick == nil))
            }
        }
    }
}
