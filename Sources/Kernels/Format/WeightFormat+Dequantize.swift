internal import CKernels

extension WeightFormat {
    /// Writes the elements in `source` as floats: rows of an embedding table straight from the mapped file, or small
    /// tensors such as norms and biases.
    ///
    /// - Parameters:
    ///   - source: Whole blocks; needs no alignment.
    ///   - output: Room for exactly the elements of `source`.
    public func dequantize(_ source: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<Float>) {
        precondition(
            byteCount(elementCount: output.count) == source.count,
            "\(source.count) bytes are not \(output.count) elements of \(self)")
        guard let bytes = source.baseAddress, let floats = output.baseAddress else { return }
        nt_dequantize_row(
            kernelFormat, bytes.assumingMemoryBound(to: UInt8.self), output.count, floats)
    }
}
