import CKernels

@testable import Kernels

extension QuantizeTests {
    /// One row in a format, or nil when it is refused.
    static func quantized(_ numbers: [Float], _ format: WeightFormat, portable: Bool = false) -> [UInt8]? {
        guard let count = format.byteCount(elementCount: numbers.count) else { return nil }
        var bytes = [UInt8](repeating: 0xAA, count: count)
        let function = portable ? nt_quantize_row_portable : nt_quantize_row
        return function(format.kernelFormat, numbers, numbers.count, &bytes) ? bytes : nil
    }

    static func dequantized(_ bytes: [UInt8], _ format: WeightFormat, count: Int) -> [Float] {
        var floats = [Float](repeating: .nan, count: count)
        bytes.withUnsafeBytes { bytes in
            floats.withUnsafeMutableBufferPointer { format.dequantize(bytes, into: $0) }
        }
        return floats
    }

    static func matrix(
        _ numbers: [Float], rowCount: Int, to format: WeightFormat, threads: Int
    ) throws(KernelError) -> [UInt8] {
        let result = numbers.withUnsafeBytes { source in
            Result { () throws(KernelError) in
                let matrix = try QuantizedMatrix(
                    source, from: .f32, rowCount: rowCount, columnCount: numbers.count / rowCount, to: format,
                    pool: WorkerPool(threadCount: threads))
                return withExtendedLifetime(matrix) { Array(matrix.bytes) }
            }
        }
        return try result.get()
    }

    static func squaredError(_ numbers: [Float], _ bytes: [UInt8], _ format: WeightFormat) -> Double {
        zip(numbers, dequantized(bytes, format, count: numbers.count)).reduce(0) { sum, pair in
            let error = Double(pair.0) - Double(pair.1)
            return sum + error * error
        }
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Close to normally distributed: sums of twelve uniform numbers.
    static func normal(count: Int, seed: UInt64) -> [Float] {
        var random = RandomFloats(seed: seed)
        return (0..<count).map { _ in (0..<12).reduce(0) { sum, _ in sum + random.next() } * 0.02 }
    }

    /// Rows whose blocks try the search: without any spread, of one sign, with outliers, tiny and huge.
    static var extremes: [(name: String, numbers: [Float])] {
        let base = normal(count: 256, seed: 9)
        return [
            ("zeros", [Float](repeating: 0, count: 256)), ("negative zeros", [Float](repeating: -0.0, count: 256)),
            ("both zeros", (0..<256).map { $0.isMultiple(of: 2) ? 0 : -0.0 }),
            ("ones", [Float](repeating: 1, count: 256)), ("minus ones", [Float](repeating: -1, count: 256)),
            ("positive", base.map { abs($0) + 0.01 }), ("negative", base.map { -abs($0) - 0.01 }),
            ("one outlier", base.enumerated().map { $0.offset == 77 ? 3 : $0.element }),
            ("two outliers", base.enumerated().map { $0.offset == 77 ? 3 : $0.offset == 78 ? -3 : $0.element }),
            ("one number", (0..<256).map { $0 == 130 ? -0.7 : 0 }),
            ("huge", base.map { $0 * 200_000 }), ("largest", (0..<256).map { $0 % 3 == 0 ? 65_504 : -65_504 }),
            ("tiny", base.map { $0 * 1e-7 }), ("subnormal", base.map { $0 * 0x1p-130 }),
            ("ramp", (0..<256).map { Float($0) }),
            ("parts of unlike size", base.enumerated().map { $0.element * Float(1 << ($0.offset / 16)) }),
        ]
    }
}
