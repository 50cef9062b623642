import Testing

@testable import Engine

@Suite struct FairSharesTests {
    private let a = Tenant(id: "a")
    private let b = Tenant(id: "b")
    private let c = Tenant(id: "c")

    @Test func idleTimeIsNotSavedUp() {
        var shares = FairShares()
        shares.update(asking: [a, b])
        for _ in 0..<100 {
            shares.charge(a, promptTokens: 10)
            shares.charge(b, completionTokens: 10)
            shares.update(asking: [a, b])
        }
        #expect(shares.served(a) == 1000 && shares.served(b) == 2000)
        shares.update(asking: [a, b, c])
        #expect(shares.served(c) == 1000)
    }

    @Test func whoDoesNotAskHoldsNobodyDown() {
        var shares = FairShares()
        shares.update(asking: [a, b])
        shares.charge(a, promptTokens: 5000)
        shares.update(asking: [a])
        shares.update(asking: [a, c])
        #expect(shares.floor == 5000 && shares.served(c) == 5000)
        shares.update(asking: [a, b, c])
        #expect(shares.served(b) == 5000)
    }

    @Test func aDebtLastsButIsBounded() {
        var shares = FairShares()
        shares.update(asking: [a, b])
        shares.charge(a, promptTokens: 3000)
        shares.update(asking: [b])
        shares.update(asking: [a, b])
        #expect(shares.served(a) == 3000 && shares.served(b) == 0)
        shares.update(asking: [b])
        shares.charge(a, completionTokens: 1_000_000)
        shares.update(asking: [a, b])
        #expect(shares.served(a) == FairShares.largestDebt)
    }

    @Test func accountsOfThoseWhoAreGoneAreDropped() {
        var shares = FairShares()
        for number in 0..<1000 {
            let tenant = Tenant(id: "\(number)")
            shares.update(asking: [a, tenant])
            shares.charge(tenant, promptTokens: 1)
            shares.charge(a, promptTokens: 2)
        }
        shares.update(asking: [a])
        shares.update(asking: [a])
        #expect(shares.accountCount == 1)
    }
}
