internal import CKernels

/// Writes the rows of a matrix in another format.
///
/// Blocks of 4 to 6 bits are fitted by a search for the scale, and where the format has one the offset, that leaves
/// the least sum of squared errors; `quantize_fit.h` describes it. Each block depends on nothing but its own numbers,
/// so the bytes are the same on every processor and with any number of threads.
///
/// PERF: root mean square error on random and on real rows against the reference's quantiser, ratio: Q4_0 0.88-0.97,
/// Q4_1 and Q5_1 0.89, Q5_0 0.88-0.98, Q4_K 0.98, Q5_K 0.96, Q6_K 0.97, Q8_0 1.00; time of one number with AVX2 on one
/// core: Q4_K 53 -> 16 ns, Q6_K 27 -> 15 ns.
public enum QuantizeRows {
    /// Fills `output` with the rows of `source` in the format `target`.
    ///
    /// Rows that are quantised already are taken for the floats that they stand for.
    ///
    /// - Parameters:
    ///   - source: `rowCount` rows one after the other; needs no alignment.
    ///   - output: Room for exactly as many rows of `target`.
    /// - Throws: ``KernelError/columnCount(_:format:)`` when rows aren't whole blocks of either format,
    ///   ``KernelError/byteCount(_:expected:format:)`` when a buffer has another size,
    ///   ``KernelError/unwritableFormat(_:)``, and ``KernelError/unwritableRow(_:format:)`` for the first row with a
    ///   number that isn't finite or that the format has no room for.
    public static func convert(
        _ source: UnsafeRawBufferPointer, from format: WeightFormat, rowCount: Int, columnCount: Int,
        to target: WeightFormat, into output: UnsafeMutableRawBufferPointer, pool: WorkerPool
    ) throws(KernelError) {
        guard target.isWritable else { throw .unwritableFormat(target) }
        let sourceRow = try format.rowByteCount(columnCount)
        let targetRow = try target.rowByteCount(columnCount)
        try check(source.count, rowCount, sourceRow, format)
        try check(output.count, rowCount, targetRow, target)
        guard rowCount > 0, columnCount > 0, let read = source.baseAddress, let written = output.baseAddress else {
            return
        }
        var failures = [Bool](repeating: false, count: rowCount)
        // SAFETY: each row is converted by one thread, which alone writes its bytes and its flag; the checks above hold
        // every row inside the buffers.
        failures.withUnsafeMutableBufferPointer { failures in
            nonisolated(unsafe) let failures = failures
            let grain = max(1, 16_384 / columnCount)
            pool.parallelFor(count: rowCount, grain: grain) { rows, _ in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: columnCount) { floats in
                    guard let row = floats.baseAddress else { return }
                    for index in rows {
                        nt_dequantize_row(
                            format.kernelFormat,
                            (read + index * sourceRow).assumingMemoryBound(to: UInt8.self), columnCount, row)
                        failures[index] = !nt_quantize_row(
                            target.kernelFormat, row, columnCount,
                            (written + index * targetRow).assumingMemoryBound(to: UInt8.self))
                    }
                }
            }
        }
        if let row = failures.firstIndex(of: true) { throw .unwritableRow(row, format: target) }
    }

    private static func check(
        _ byteCount: Int, _ rowCount: Int, _ rowByteCount: Int, _ format: WeightFormat
    ) throws(KernelError) {
        let (expected, overflow) = rowCount.multipliedReportingOverflow(by: rowByteCount)
        guard rowCount >= 0, !overflow else { throw .sizeOverflow }
        guard byteCount == expected else { throw .byteCount(byteCount, expected: expected, format: format) }
    }
}

extension WeightFormat {
    /// Whether ``QuantizeRows`` can write it.
    public var isWritable: Bool { nt_format_is_writable(kernelFormat) }

    fileprivate func rowByteCount(_ columnCount: Int) throws(KernelError) -> Int {
        guard let count = byteCount(elementCount: columnCount) else {
            throw .columnCount(columnCount, format: self)
        }
        return count
    }
}
