internal import CKernels

extension PackedMatrix {
    /// Multiply-adds of a product with one row of activations: as 8-bit integers with quantised weights, as floats
    /// with the others.
    public var multiplyAdds: (integers: Int, floats: Int) {
        parts.reduce(into: (integers: 0, floats: 0)) { sum, part in
            let count = part.matrix.output_count * part.matrix.input_count
            if nt_format_is_quantized(part.matrix.format) { sum.integers += count } else { sum.floats += count }
        }
    }
}
