import Transformer

/// What one model asks of the memory that a server's models share.
struct MemoryDemand {
    var name: String
    var weightByteCount: Int
    /// Bytes of one block of keys and values.
    var blockByteCount: Int
    /// Blocks of one sequence of the full context: with fewer there is nothing to serve.
    var contextBlockCount: Int
    /// Bytes of keys and values that somebody fixed for this model.
    var fixedByteCount: Int?

    /// A server's many sequences share the cache; this is enough for several contexts of small models.
    private static let wantedTokens = 32_768

    var leastByteCount: Int { contextBlockCount * blockByteCount }

    var wantedByteCount: Int {
        max(leastByteCount, KeyValueLayout.blockCount(forTokens: Self.wantedTokens) * blockByteCount)
    }
}

/// How much memory each model of a server gets for keys and values.
///
/// A model with a size of its own gets that. The others divide the rest in proportion to what each would take by
/// itself, 32,768 tokens' worth, but none gets less than one sequence of its full context needs.
struct MemoryPlan {
    /// For each model, in the order of the demands.
    let blockCounts: [Int]
    let weightByteCount: Int
    let cacheByteCount: Int

    /// - Parameters:
    ///   - cacheByteCount: for the keys and values of all models together; nil means what they want, but at most a
    ///     quarter of the available memory.
    ///   - available: bytes that this process may use.
    /// - Throws: ``MemoryPlanError`` when caches are too small for one context, or all of it too large for the memory.
    init(_ demands: [MemoryDemand], cacheByteCount total: Int?, available: Int) throws(MemoryPlanError) {
        let weights = demands.reduce(0) { $0 + $1.weightByteCount }
        // First of all, so that no sum overflows.
        for byteCount in demands.compactMap(\.fixedByteCount) + [total ?? 0] where byteCount > available {
            throw .memoryTooSmall(weights: weights, caches: byteCount, available: available)
        }
        for demand in demands {
            if let fixed = demand.fixedByteCount, fixed < demand.leastByteCount {
                throw .cacheTooSmall(byteCount: fixed, needed: [demand.name: demand.leastByteCount])
            }
        }
        let sharing = demands.filter { $0.fixedByteCount == nil }
        let needed = demands.reduce(0) { $0 + ($1.fixedByteCount ?? $1.leastByteCount) }
        if let total, needed > total {
            throw .cacheTooSmall(
                byteCount: total,
                needed: Dictionary(
                    uniqueKeysWithValues: demands.map { ($0.name, $0.fixedByteCount ?? $0.leastByteCount) }))
        }
        let fixed = demands.reduce(0) { $0 + ($1.fixedByteCount ?? 0) }
        let rest =
            total.map { $0 - fixed }
            ?? Self.defaultByteCount(sharing, fixed: fixed, weights: weights, available: available)
        var shares = Self.divide(rest, among: sharing)[...]
        let blockCounts = demands.map { ($0.fixedByteCount ?? shares.removeFirst()) / max(1, $0.blockByteCount) }
        self.blockCounts = blockCounts
        weightByteCount = weights
        self.cacheByteCount = zip(demands, blockCounts).reduce(0) { $0 + $1.0.blockByteCount * $1.1 }
        try Self.check(weights: weights, caches: self.cacheByteCount, available: available)
    }

    /// - Throws: ``MemoryPlanError`` when weights and caches together are more than the memory.
    static func check(weights: Int, caches: Int, available: Int) throws(MemoryPlanError) {
        guard weights <= available - caches else {
            throw .memoryTooSmall(weights: weights, caches: caches, available: available)
        }
    }

    /// What models take that nobody told how much.
    private static func defaultByteCount(
        _ sharing: [MemoryDemand], fixed: Int, weights: Int, available: Int
    ) -> Int {
        let wanted = sharing.reduce(0) { $0 + $1.wantedByteCount }
        let least = sharing.reduce(0) { $0 + $1.leastByteCount }
        return max(least, min(wanted, available / 4 - fixed, available - weights - fixed))
    }

    /// Divides bytes in proportion to what each model wants, but gives each at least what it needs.
    ///
    /// - Parameter total: at least what all of them need.
    static func divide(_ total: Int, among demands: [MemoryDemand]) -> [Int] {
        var shares = demands.map(\.leastByteCount)
        // Models that keep nothing between steps ask for nothing.
        var open = Set(demands.indices.filter { demands[$0].wantedByteCount > 0 })
        var rest = total
        // Whoever's part would be less than it needs gets just that, and the others divide what is left.
        while !open.isEmpty {
            let wanted = open.reduce(0.0) { $0 + Double(demands[$1].wantedByteCount) }
            func part(_ index: Int) -> Int { Int(Double(rest) * (Double(demands[index].wantedByteCount) / wanted)) }
            let short = open.filter { part($0) < demands[$0].leastByteCount }
            if short.isEmpty {
                for index in open { shares[index] = part(index) }
                break
            }
            open.subtract(short)
            rest -= short.reduce(0) { $0 + demands[$1].leastByteCount }
        }
        return shares
    }
}

/// Why models do not fit, with figures.
enum MemoryPlanError: Error, CustomStringConvertible {
    /// - Parameter needed: bytes for one sequence of the full context, or what somebody fixed, for each model.
    case cacheTooSmall(byteCount: Int, needed: [String: Int])
    case memoryTooSmall(weights: Int, caches: Int, available: Int)

    var description: String {
        switch self {
        case .cacheTooSmall(let byteCount, let needed):
            let parts = needed.sorted { $0.key < $1.key }.map { "\($0.key) needs \($0.value)" }
            return "a key-value cache of \(byteCount) bytes is too small for one sequence of the full context: "
                + parts.joined(separator: ", ") + ". Allow more, or shorten the context."
        case .memoryTooSmall(let weights, let caches, let available):
            return "weights of \(weights) bytes and key-value caches of \(caches) do not fit into the \(available) "
                + "bytes that this process may use. Serve fewer models, or give --kv-bytes or --context lower values."
        }
    }
}
