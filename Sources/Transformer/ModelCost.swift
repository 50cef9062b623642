import Kernels

/// What steps of a model must read and multiply, counted from its weights rather than measured.
///
/// Holding measured times against these counts, and the counts against the machine's limits, says how much of the
/// machine is used.
public struct ModelCost: Sendable, Equatable {
    /// Multiply-adds of matrix products, by the kind of number that is multiplied.
    public struct Products: Sendable, Equatable {
        /// With quantised weights, as 8-bit integers.
        public var integers: Int
        /// With F32, F16 and BF16 weights, as floats.
        public var floats: Int

        public init(integers: Int = 0, floats: Int = 0) {
            self.integers = integers
            self.floats = floats
        }

        public var total: Int { integers + floats }

        /// This many times as much.
        public func times(_ count: Int) -> Products { Products(integers: integers * count, floats: floats * count) }

        public static func + (a: Products, b: Products) -> Products {
            Products(integers: a.integers + b.integers, floats: a.floats + b.floats)
        }

        static func - (a: Products, b: Products) -> Products {
            Products(integers: a.integers - b.integers, floats: a.floats - b.floats)
        }
    }

    /// The attention of one layer, for each position that a token sees.
    public struct Attention: Sendable, Equatable {
        /// Bytes of the position's keys and values.
        public var byteCount: Double
        /// Multiply-adds of its scores and of its values, all query heads together.
        public var multiplyAdds: Int
        /// The most positions that a token sees; nil means all before it.
        public var window: Int?

        public init(byteCount: Double, multiplyAdds: Int, window: Int? = nil) {
            self.byteCount = byteCount
            self.multiplyAdds = multiplyAdds
            self.window = window
        }
    }

    /// What every token needs: all matrices of the layers, but of the last one only those that make queries, keys and
    /// values.
    public var token: Products
    /// What a row of logits needs beyond that: the rest of the last layer, and the output matrix.
    public var outputRow: Products
    /// Bytes of all packed matrices: what a step that computes logits reads of weights, however many tokens it has.
    public var weightByteCount: Int
    /// One for each layer.
    public var attention: [Attention]

    public init(token: Products, outputRow: Products, weightByteCount: Int, attention: [Attention]) {
        self.token = token
        self.outputRow = outputRow
        self.weightByteCount = weightByteCount
        self.attention = attention
    }

    /// Bytes of keys and values that a token reads which sees `context` positions, itself included.
    public func cacheByteCount(context: Int) -> Double {
        attention.reduce(0) { $0 + $1.byteCount * Double(min(context, $1.window ?? context)) }
    }

    /// Multiply-adds of attention for a token that sees `context` positions, itself included.
    ///
    /// - Parameter hasOutput: Whether its logits are wanted; otherwise the last layer needs no attention.
    public func attentionMultiplyAdds(context: Int, hasOutput: Bool) -> Int {
        attention.dropLast(hasOutput ? 0 : 1).reduce(0) { $0 + $1.multiplyAdds * min(context, $1.window ?? context) }
    }
}

extension TransformerModel {
    /// What the model's steps must read and multiply.
    public var cost: ModelCost {
        let attention = spec.attentions
        // Of the cache's bytes each layer has the share of its keys, however they are stored.
        let keyLength = attention.reduce(0) { $0 + $1.keyLength }
        let outputProducts = weights.layers.last?.outputProducts ?? ModelCost.Products()
        let bytesPerKeyElement =
            Double(cache.byteCount) / Double(cache.blockCount * blockLength) / Double(max(1, keyLength))
        return ModelCost(
            token: weights.layers.reduce(ModelCost.Products()) { $0 + $1.products } - outputProducts,
            outputRow: (weights.head?.products ?? ModelCost.Products()) + outputProducts,
            weightByteCount: weightByteCount,
            attention: attention.map {
                ModelCost.Attention(
                    byteCount: bytesPerKeyElement * Double($0.keyLength), multiplyAdds: 2 * $0.queryLength,
                    window: $0.window)
            })
    }
}

extension LayerWeights {
    fileprivate var products: ModelCost.Products { attention.input.matrix.products + outputProducts }

    /// What the last layer does only for rows whose logits are wanted.
    fileprivate var outputProducts: ModelCost.Products { attention.output.matrix.products + feedForward.kind.products }
}

extension FeedForwardWeights.Kind {
    /// Of experts, those that one row goes to.
    fileprivate var products: ModelCost.Products {
        switch self {
        case .dense(let dense): return dense.products
        case .experts(let experts):
            let expert = experts.experts.first?.products ?? ModelCost.Products()
            return experts.router.matrix.products + expert.times(experts.spec.usedCount)
                + (experts.shared?.products ?? ModelCost.Products())
        }
    }
}

extension DenseWeights {
    fileprivate var products: ModelCost.Products { expand.matrix.products + contract.matrix.products }
}

extension HeadWeights {
    fileprivate var products: ModelCost.Products {
        output.matrix.products + (transform?.projection.matrix.products ?? ModelCost.Products())
    }
}

extension PackedMatrix {
    fileprivate var products: ModelCost.Products {
        let count = multiplyAdds
        return ModelCost.Products(integers: count.integers, floats: count.floats)
    }
}
