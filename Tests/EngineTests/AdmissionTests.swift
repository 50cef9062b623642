import Testing

@testable import Engine

@Suite struct AdmissionTests {
    private let a = Tenant(id: "a")
    private let b = Tenant(id: "b")
    private let c = Tenant(id: "c")

    private func makeAdmission(live: Int, tokens: Int = 1000) -> Admission {
        var limits = EngineConfiguration()
        limits.maximumSequences = 2
        limits.maximumWaitingSequences = live - 2
        limits.maximumWaitingTokens = tokens
        return Admission(limits: limits)
    }

    private func reserve(
        _ admission: Admission, _ tenant: Tenant, count: Int = 1, tokens: Int = 1
    ) -> AdmissionError? {
        do throws(AdmissionError) {
            try admission.reserve(tenant, sequenceCount: count, promptTokens: tokens, retryAfter: .seconds(7))
            return nil
        } catch {
            return error
        }
    }

    @Test func placesAreBounded() {
        let admission = makeAdmission(live: 4)
        #expect(reserve(admission, a, count: 3) == nil)
        #expect(reserve(admission, a, count: 2) == .overloaded(retryAfter: .seconds(7)))
        #expect(reserve(admission, a) == nil)
        #expect(reserve(admission, a) == .overloaded(retryAfter: .seconds(7)))
        admission.sequenceEnded(of: a)
        #expect(reserve(admission, a) == nil)
    }

    @Test func aTenantBelowItsShareComesIn() {
        let admission = makeAdmission(live: 4)
        #expect(reserve(admission, a, count: 4) == nil)
        #expect(reserve(admission, b, count: 3) == .overloaded(retryAfter: .seconds(7)))
        #expect(reserve(admission, b) == nil)
        #expect(reserve(admission, b) == nil)
        #expect(reserve(admission, b) == .shareExceeded(retryAfter: .seconds(7)))
        #expect(reserve(admission, a) == .shareExceeded(retryAfter: .seconds(7)))
        #expect(reserve(admission, c) == nil)
    }

    @Test func promptTokensAreBounded() {
        let admission = makeAdmission(live: 100, tokens: 100)
        // Alone, a prompt longer than the bound comes in; nothing does beside it but what is below its share.
        #expect(reserve(admission, a, tokens: 300) == nil)
        #expect(reserve(admission, a, tokens: 1) == .overloaded(retryAfter: .seconds(7)))
        #expect(reserve(admission, b, tokens: 51) == .overloaded(retryAfter: .seconds(7)))
        #expect(reserve(admission, b, tokens: 40) == nil)
        #expect(reserve(admission, b, tokens: 11) == .shareExceeded(retryAfter: .seconds(7)))
        admission.promptLeftQueue(of: a, tokens: 300)
        #expect(admission.waitingPromptTokens == 40)
        #expect(reserve(admission, b, tokens: 60) == nil)
        #expect(reserve(admission, b, tokens: 1) == .shareExceeded(retryAfter: .seconds(7)))
    }

    @Test func appointmentsComeInOrder() {
        var random = RandomStream(seed: 4)
        var appointments = Appointments()
        let start = ContinuousClock.now
        let times = (0..<500).map { _ in Int.random(in: 0..<300, using: &random) }
        for (index, time) in times.enumerated() {
            appointments.add(start + .seconds(time), SequenceID(rawValue: UInt64(index)))
        }
        appointments.removeAll { $0.rawValue.isMultiple(of: 3) }
        var seen: [Int] = []
        for now in 0..<300 {
            while let id = appointments.popFirst(until: start + .seconds(now)) {
                #expect(times[Int(id.rawValue)] == now && !id.rawValue.isMultiple(of: 3))
                seen.append(Int(id.rawValue))
            }
        }
        #expect(seen.count == 333 && Set(seen).count == 333)
        #expect(appointments.first == nil)
    }
}
