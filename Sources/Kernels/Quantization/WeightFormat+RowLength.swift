extension WeightFormat {
    /// This format, or when rows of that length aren't whole blocks of it, the closest one that takes them.
    ///
    /// A format with blocks of 256 gives way to the one with blocks of 32 and no larger error: Q4_K to Q4_1, Q5_K to
    /// Q5_1, others to Q8_0. Rows that aren't whole blocks of 32 either are kept as F16.
    public func fitting(rowLength: Int) -> WeightFormat {
        if rowLength.isMultiple(of: blockLength) { return self }
        let smaller: WeightFormat =
            switch self {
            case .q4K: .q4_1
            case .q5K: .q5_1
            default: .q8_0
            }
        return rowLength.isMultiple(of: smaller.blockLength) ? smaller : .f16
    }
}

extension WeightFormat {
    /// The format of the output matrix in a model whose others have this one: at least Q6_K, because its errors go
    /// straight into the logits.
    public var ofLogits: WeightFormat {
        switch self {
        case .q4_0, .q4_1, .q5_0, .q5_1, .q4K, .q5K: .q6K
        default: self
        }
    }
}
