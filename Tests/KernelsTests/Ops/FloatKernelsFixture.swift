import Testing

@testable import Kernels

/// The kernels of one instruction set that this processor has, with its name for the test's output.
struct AvailableKernels: Sendable, CustomTestStringConvertible {
    let name: String
    let kernels: FloatKernels

    var testDescription: String { name }

    static let all = KernelTable.available.map { AvailableKernels(name: $0.name, kernels: FloatKernels($0)) }
}

/// Floats from a fixed seed (SplitMix64), about normal.
struct RandomFloats {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> Float {
        (0..<4).reduce(0) { sum, _ in sum + Float(bits() >> 40) / Float(1 << 24) - 0.5 } * 1.7
    }

    mutating func bits() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func array(_ count: Int, scale: Float = 1) -> [Float] { (0..<count).map { _ in next() * scale } }
}

/// Whether two rows agree within `tolerance`, relative to the larger of 1 and the expected value.
func expectClose(
    _ actual: [Float], _ expected: [Double], tolerance: Double, sourceLocation: SourceLocation = #_sourceLocation
) {
    guard actual.count == expected.count else {
        Issue.record("\(actual.count) numbers, expected \(expected.count)", sourceLocation: sourceLocation)
        return
    }
    for index in actual.indices {
        let difference = abs(Double(actual[index]) - expected[index])
        guard difference <= tolerance * max(1, abs(expected[index])) else {
            Issue.record(
                "element \(index): \(actual[index]), expected \(expected[index])", sourceLocation: sourceLocation)
            return
        }
    }
}
