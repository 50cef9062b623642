import Kernels
import Transformer

/// What some steps of a model read and multiply, to hold against the machine's limits.
struct StepWork: Equatable {
    /// Bytes of packed weights, keys and values; nil for prompts, which are no matter of reading.
    var byteCount: Double?
    /// Multiply-adds of matrix products. Each counts once, also where a kernel takes two steps for it.
    var products: ModelCost.Products
    /// Multiply-adds of attention: scores and weighted values, of positions that are seen.
    var attentionMultiplyAdds: Int

    /// All prompts of a case.
    static func prefill(_ work: SpeedCase, _ cost: ModelCost) -> StepWork {
        let attention = (1..<work.promptTokens + 1).reduce(0) { sum, context in
            sum + cost.attentionMultiplyAdds(context: context, hasOutput: context == work.promptTokens)
        }
        return StepWork(
            byteCount: nil,
            products: cost.token.times(work.promptTokens * work.batch) + cost.outputRow.times(work.batch),
            attentionMultiplyAdds: attention * work.batch)
    }

    /// All decode steps of a case: each reads all weights once, and the cache of every sequence.
    static func decode(_ work: SpeedCase, _ cost: ModelCost) -> StepWork {
        let contexts = (work.promptTokens..<work.sequenceLength).map { $0 + 1 }
        let cacheByteCount = contexts.reduce(0) { $0 + cost.cacheByteCount(context: $1) }
        let attention = contexts.reduce(0) { $0 + cost.attentionMultiplyAdds(context: $1, hasOutput: true) }
        return StepWork(
            byteCount: Double(cost.weightByteCount * contexts.count) + cacheByteCount * Double(work.batch),
            products: (cost.token + cost.outputRow).times(contexts.count * work.batch),
            attentionMultiplyAdds: attention * work.batch)
    }

    /// The share of each limit that is reached when the work takes `seconds`: 1 is the limit.
    func shares(seconds: Double, _ limits: MachineLimits) -> LimitShares {
        func share(_ amount: Double, _ limit: MachineLimits.Rate) -> Double {
            seconds > 0 && limit.allThreads > 0 ? amount / limit.allThreads / seconds : 0
        }
        let products =
            share(Double(self.products.integers), limits.integerProducts)
            + share(Double(self.products.floats), limits.floatProducts)
        return LimitShares(
            reads: byteCount.map { share($0, limits.reads) }, products: products,
            withAttention: products + share(Double(attentionMultiplyAdds), limits.floatProducts))
    }
}

/// How much of a machine some work used, all threads together.
struct LimitShares: Equatable {
    /// Of the bandwidth; nil where it does not matter.
    var reads: Double?
    /// Of the time it took, the part that its matrix products would need at the multiply-add limits.
    var products: Double
    /// The same with attention's multiply-adds, which are of floats.
    var withAttention: Double
}
