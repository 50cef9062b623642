extension ActivationBuffer {
    /// Leaves of each value what rounding to 8 bits takes away, so that a second rounded row can hold it.
    ///
    /// The rounding is that of the quantised image: 16 neighbours share a scale, the largest magnitude among them
    /// becomes 127. The scale may differ from the image's in its last bit, which the rest then misses: 2^-24 of it.
    ///
    /// - Parameter count: A multiple of 16.
    public static func subtractRounded(from values: UnsafeMutablePointer<Float>, count: Int) {
        precondition(count.isMultiple(of: 16), "16 neighbours share a scale")
        for start in stride(from: 0, to: count, by: 16) {
            let block = values + start
            var magnitude: Float = 0
            for index in 0..<16 { magnitude = max(magnitude, block[index].magnitude) }
            guard magnitude >= 1e-30 else { continue }
            let scale = magnitude / 127, inverse = 127 / magnitude
            for index in 0..<16 {
                block[index] -= scale * (block[index] * inverse).rounded(.toNearestOrEven)
            }
        }
    }
}
