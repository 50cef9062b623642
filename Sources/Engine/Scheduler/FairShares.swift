/// How much each tenant has been served, so that the one who got least goes first.
///
/// Virtual token counters (Sheng et al., "Fairness in Serving Large Language Models", OSDI 2024): a counter grows with
/// what its tenant's sequences compute, and a tenant that comes back after a pause starts no lower than the least served of
/// those who are there, so that nobody saves up idle time. Counters outlive their tenant's last sequence until the others
/// have passed them, so that nobody sheds a debt by pausing.
struct FairShares {
    /// A token of a reply costs about this many tokens of a prompt when many sequences run together.
    static let completionWeight = 2.0

    private struct Account {
        var served: Double
        var liveCount: Int
    }

    private var accounts: [Tenant: Account] = [:]
    /// What the least served tenant of those who are there has got; never falls.
    private var floor = 0.0

    /// Tenants that have sequences.
    private(set) var activeCount = 0

    /// Sequences of each tenant that has some.
    var liveCounts: [Tenant: Int] { accounts.mapValues(\.liveCount).filter { $0.value > 0 } }

    func served(_ tenant: Tenant) -> Double { accounts[tenant]?.served ?? floor }

    /// A tenant has one sequence more.
    mutating func join(_ tenant: Tenant) {
        var account = accounts[tenant] ?? Account(served: floor, liveCount: 0)
        if account.liveCount == 0 {
            account.served = max(account.served, floor)
            activeCount += 1
        }
        account.liveCount += 1
        accounts[tenant] = account
    }

    /// A tenant has one sequence less.
    mutating func leave(_ tenant: Tenant) {
        guard var account = accounts[tenant] else { preconditionFailure("the tenant has no sequences") }
        account.liveCount -= 1
        if account.liveCount == 0 { activeCount -= 1 }
        accounts[tenant] = account
        raiseFloor()
    }

    /// A step computes tokens for a tenant.
    mutating func charge(_ tenant: Tenant, promptTokens: Int = 0, completionTokens: Int = 0) {
        accounts[tenant]?.served += Double(promptTokens) + Self.completionWeight * Double(completionTokens)
    }

    /// Once a step: moves the floor, and drops the accounts of those who left and owe nothing.
    mutating func raiseFloor() {
        guard let least = accounts.values.lazy.filter({ $0.liveCount > 0 }).map(\.served).min() else { return }
        floor = max(floor, least)
        accounts = accounts.filter { $0.value.liveCount > 0 || $0.value.served > floor }
    }
}
