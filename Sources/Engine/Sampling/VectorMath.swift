#if canImport(Glibc)
    import Glibc
#endif

/// The natural logarithm.
func logarithm(_ x: Double) -> Double { log(x) }

/// Whole-row operations over a vocabulary. A row has tens of thousands of entries and is visited for each token of each
/// sequence, so these run eight lanes at a time.
enum VectorMath {
    private typealias Lanes = SIMD8<Float>

    /// The first position of the largest value.
    static func indexOfMaximum(_ row: UnsafeBufferPointer<Float>) -> Int {
        let largest = maximum(row)
        return row.firstIndex(of: largest) ?? 0
    }

    /// The largest value; not-a-number entries are passed over.
    static func maximum(_ row: UnsafeBufferPointer<Float>) -> Float {
        var lanes = Lanes(repeating: -.infinity)
        let vectorEnd = row.count & ~7
        var index = 0
        while index < vectorEnd {
            let values = load(row, index)
            lanes.replace(with: values, where: values .> lanes)
            index += 8
        }
        var result = lanes.max()
        while index < row.count {
            result = max(result, row[index])
            index += 1
        }
        return result
    }

    /// `output[i] = exp(row[i] * scale - offset)`; returns the sum of the outputs.
    static func exponentials(
        _ row: UnsafeBufferPointer<Float>, scale: Float, offset: Float, into output: UnsafeMutableBufferPointer<Float>
    ) -> Double {
        var sum = 0.0
        var lanes = SIMD8<Double>.zero
        let vectorEnd = row.count & ~7
        var index = 0
        while index < vectorEnd {
            let values = exp(load(row, index) * scale - offset)
            store(values, output, index)
            lanes += SIMD8<Double>(values)
            index += 8
        }
        sum = lanes.sum()
        while index < row.count {
            output[index] = exp(Lanes(repeating: row[index] * scale - offset))[0]
            sum += Double(output[index])
            index += 1
        }
        return sum
    }

    /// The sum of `exp(row[i] - offset)`.
    static func sumOfExponentials(_ row: UnsafeBufferPointer<Float>, offset: Float) -> Double {
        var lanes = SIMD8<Double>.zero
        let vectorEnd = row.count & ~7
        var index = 0
        while index < vectorEnd {
            lanes += SIMD8<Double>(exp(load(row, index) - offset))
            index += 8
        }
        var sum = lanes.sum()
        while index < row.count {
            sum += Double(exp(Lanes(repeating: row[index] - offset))[0])
            index += 1
        }
        return sum
    }

    // SAFETY: `index + 8 <= row.count` at each call; the pointers need only float alignment.
    private static func load(_ row: UnsafeBufferPointer<Float>, _ index: Int) -> Lanes {
        UnsafeRawPointer(row.baseAddress! + index).loadUnaligned(as: Lanes.self)
    }

    private static func store(_ values: Lanes, _ row: UnsafeMutableBufferPointer<Float>, _ index: Int) {
        UnsafeMutableRawPointer(row.baseAddress! + index).storeBytes(of: values, as: Lanes.self)
    }

    /// e to the power of each lane, relative error below 3e-7; below -87 the result is 0, above 88 it saturates.
    ///
    /// x = n ln 2 + r with |r| <= ln 2 / 2; a polynomial gives e^r and n goes into the exponent bits.
    private static func exp(_ x: Lanes) -> Lanes {
        let clamped = x.clamped(lowerBound: Lanes(repeating: -87.3), upperBound: Lanes(repeating: 88))
        let n = (clamped * 1.442_695_04).rounded(.toNearestOrEven)
        let r = (clamped - n * 0.693_359_375) + n * 2.121_944_4e-4
        var p = Lanes(repeating: 1.987_569_1e-4)
        p = p * r + 1.398_199_9e-3
        p = p * r + 8.333_452e-3
        p = p * r + 4.166_579_6e-2
        p = p * r + 0.166_666_65
        p = p * r + 0.5
        p = p * r * r + r + 1
        let exponent = SIMD8<Int32>(truncatingIfNeeded: SIMD8<Int32>(n) &+ 127) &<< 23
        let power = unsafeBitCast(exponent, to: Lanes.self)
        return (p * power).replacing(with: 0, where: x .< -87.3)
    }
}
