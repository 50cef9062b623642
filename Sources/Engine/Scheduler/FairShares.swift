/// How much each tenant of one lane has been served, so that of those with prompts to read the one who got least goes first.
///
/// Virtual token counters (Sheng et al., "Fairness in Serving Large Language Models", OSDI 2024): a counter grows with
/// what its tenant's sequences compute. Whoever asks for a turn after a pause starts no lower than the least served of those
/// who ask already, so that nobody saves up idle time; and no more than `largestDebt` above, because the machine's idle
/// time that somebody used was not taken from anyone. Those who do not ask (they only decode, or their readers are
/// behind) do not hold the others' start down.
struct FairShares {
    /// A token of a reply costs about this many tokens of a prompt when many sequences run together.
    static let completionWeight = 2.0
    /// In tokens of a prompt: who asks for a turn waits at most for about so much work of a tenant with less.
    static let largestDebt = 8192.0

    private var counters: [Tenant: Double] = [:]
    private var asking: Set<Tenant> = []
    /// What the least served tenant of those who ask has got; never falls.
    private(set) var floor = 0.0

    /// Tenants whose counters are kept: those who ask, and those who were served more than they.
    var accountCount: Int { counters.count }

    func served(_ tenant: Tenant) -> Double { max(counters[tenant] ?? floor, floor) }

    /// Once a step: who has prompts to read.
    mutating func update(asking current: Set<Tenant>) {
        if let least = asking.intersection(current).lazy.map(served).min() {
            floor = max(floor, least)
        }
        for tenant in current where !asking.contains(tenant) {
            counters[tenant] = min(served(tenant), floor + Self.largestDebt)
        }
        asking = current
        // Whoever is not above the floor would start there anyway.
        let settled = counters.filter { $0.value <= floor && !current.contains($0.key) }
        for tenant in settled.keys { counters[tenant] = nil }
    }

    /// A step computes tokens for a tenant.
    mutating func charge(_ tenant: Tenant, promptTokens: Int = 0, completionTokens: Int = 0) {
        counters[tenant] =
            served(tenant) + Double(promptTokens) + Self.completionWeight * Double(completionTokens)
    }
}

/// Sequences of each tenant that has some.
struct LiveCounts {
    private(set) var byTenant: [Tenant: Int] = [:]

    var tenantCount: Int { byTenant.count }

    subscript(tenant: Tenant) -> Int { byTenant[tenant] ?? 0 }

    mutating func add(_ tenant: Tenant) { byTenant[tenant, default: 0] += 1 }

    mutating func remove(_ tenant: Tenant) {
        guard let count = byTenant[tenant] else { preconditionFailure("the tenant has no sequences") }
        byTenant[tenant] = count == 1 ? nil : count - 1
    }
}
