import Glibc
import Testing

@testable import Kernels

/// Each row operation against its definition in double precision, on lengths around the vectors' borders.
@Suite struct RowKernelsTests {
    static let lengths = [1, 3, 7, 8, 9, 15, 16, 17, 31, 64, 65, 127, 576, 1000]

    @Test(arguments: AvailableKernels.all, lengths)
    func rmsNorm(available: AvailableKernels, count: Int) {
        var random = RandomFloats(seed: 1)
        let input = random.array(count, scale: 3), weight = random.array(count)
        var output = [Float](repeating: 0, count: count + 1)
        output[count] = 42
        available.kernels.rmsNorm(&output, input, weight: weight, count: count, epsilon: 1e-5)
        let mean = input.reduce(0) { $0 + Double($1) * Double($1) } / Double(count)
        let expected = zip(input, weight).map { Double($0) * Double($1) / (mean + 1e-5).squareRoot() }
        expectClose(Array(output.prefix(count)), expected, tolerance: 2e-6)
        #expect(output[count] == 42)
    }

    @Test(arguments: AvailableKernels.all, lengths)
    func layerNorm(available: AvailableKernels, count: Int) {
        var random = RandomFloats(seed: 2)
        let input = random.array(count, scale: 3).map { $0 + 5 }
        let weight = random.array(count), bias = random.array(count)
        let mean = input.reduce(0) { $0 + Double($1) } / Double(count)
        let variance = input.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(count)
        let scaled = zip(input, weight).map { (Double($0) - mean) / (variance + 1e-5).squareRoot() * Double($1) }
        var output = [Float](repeating: 0, count: count)
        available.kernels.layerNorm(&output, input, weight: weight, bias: bias, count: count, epsilon: 1e-5)
        // The mean of large numbers is what float can't do better.
        let tolerance = count == 1 ? 2e-3 : 2e-5
        expectClose(output, zip(scaled, bias).map { $0 + Double($1) }, tolerance: tolerance)
        available.kernels.layerNorm(&output, input, weight: weight, bias: nil, count: count, epsilon: 1e-5)
        expectClose(output, scaled, tolerance: tolerance)
    }

    @Test(arguments: AvailableKernels.all, lengths)
    func elementWise(available: AvailableKernels, count: Int) {
        var random = RandomFloats(seed: 3)
        let a = random.array(count, scale: 4), b = random.array(count)
        var output = a
        available.kernels.add(&output, b, count: count)
        #expect(output == zip(a, b).map { $0 + $1 })
        output = a
        available.kernels.scale(&output, by: 0.37, count: count)
        #expect(output == a.map { $0 * 0.37 })
        output = a
        available.kernels.softCap(&output, cap: 2.5, count: count)
        expectClose(output, a.map { 2.5 * tanh(Double($0) / 2.5) }, tolerance: 1e-6)
    }

    @Test(arguments: AvailableKernels.all, lengths)
    func activations(available: AvailableKernels, count: Int) {
        var random = RandomFloats(seed: 4)
        let x = random.array(count, scale: 6), up = random.array(count)
        let silu = x.map { Double($0) / (1 + exp(-Double($0))) }
        let gelu = x.map { (value) -> Double in
            let x = Double(value)
            return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        }
        let cases: [(FloatKernels.Activation, [Double])] = [
            (.silu, silu), (.geluTanh, gelu), (.gelu, x.map { Double($0) * 0.5 * erfc(-Double($0) / 2.squareRoot()) }),
            (.quickGelu, x.map { Double($0) / (1 + exp(-1.702 * Double($0))) }), (.relu, x.map { max(0, Double($0)) }),
            (.tanh, x.map { tanh(Double($0)) }),
        ]
        var output = [Float](repeating: 0, count: count)
        for (activation, expected) in cases {
            available.kernels.activate(&output, x, count: count, activation: activation)
            expectClose(output, expected, tolerance: 2e-6)
            available.kernels.gated(&output, gate: x, up: up, count: count, activation: activation)
            expectClose(output, zip(expected, up).map { $0 * Double($1) }, tolerance: 2e-6)
        }
    }

    @Test(arguments: AvailableKernels.all, lengths)
    func clampAndSoftmax(available: AvailableKernels, count: Int) {
        var random = RandomFloats(seed: 5)
        let input = random.array(count, scale: 20)
        var output = input + [42]
        available.kernels.clamp(&output, limit: 3.5, count: count)
        #expect(output == input.map { max(-3.5, min(3.5, $0)) } + [42])
        output = input + [42]
        available.kernels.softmax(&output, count: count)
        let highest = Double(input.max() ?? 0), weights = input.map { exp(Double($0) - highest) }
        let sum = weights.reduce(0, +)
        expectClose(Array(output.prefix(count)), weights.map { $0 / sum }, tolerance: 2e-6)
        #expect(output[count] == 42)
    }

    /// The tails of the distribution keep their relative accuracy.
    @Test(arguments: AvailableKernels.all)
    func geluOfTheTails(available: AvailableKernels) {
        let x = (0..<1600).map { Float($0 - 800) / 80 }
        var output = x
        available.kernels.activate(&output, x, count: x.count, activation: .gelu)
        for (value, result) in zip(x, output) {
            let expected = Double(value) * 0.5 * erfc(-Double(value) / 2.squareRoot())
            #expect(abs(Double(result) - expected) <= 8e-6 * abs(expected), "gelu(\(value)) = \(result)")
        }
    }

    @Test(arguments: AvailableKernels.all)
    func activationsOfExtremesAreFinite(available: AvailableKernels) {
        let x: [Float] = [-1e30, -200, -88.5, -87, -0.0, 0, 87, 88.5, 200, 1e30]
        var output = [Float](repeating: 0, count: x.count)
        available.kernels.activate(&output, x, count: x.count, activation: .silu)
        for (value, result) in zip(x, output) {
            #expect(result.isFinite && abs(result - max(0, value)) <= 1e-6 * abs(value), "silu(\(value)) = \(result)")
        }
        available.kernels.activate(&output, x, count: x.count, activation: .gelu)
        for (value, result) in zip(x, output) {
            #expect(abs(result - max(0, value)) <= 1e-30, "gelu(\(value)) = \(result)")
        }
    }

    @Test(arguments: AvailableKernels.all)
    func whatIsNoNumberStaysSoInGELU(available: AvailableKernels) {
        var output = [Float](repeating: 0, count: 35)
        let x = (0..<35).map { [Float.nan, .infinity, -.infinity, 1, 0][$0 % 5] }
        available.kernels.activate(&output, x, count: x.count, activation: .gelu)
        for (value, result) in zip(x, output) {
            if value.isNaN { #expect(result.isNaN) }
            if value.isInfinite { #expect(value > 0 ? result == value : abs(result) < 1e-30) }
        }
    }

    @Test(arguments: AvailableKernels.all, [(64, 64), (64, 16), (80, 20), (6, 6), (128, 96)])
    func ropeTurnsPairsInBothLayouts(available: AvailableKernels, shape: (headLength: Int, dimensions: Int)) {
        var random = RandomFloats(seed: 7)
        let input = random.array(3 * shape.headLength)
        let half = shape.dimensions / 2, position = 1234
        let frequencies = (0..<half).map { Float(pow(10_000, -Double($0) / Double(half))) }
        for layout in [FloatKernels.RopeLayout.adjacent, .halves] {
            var angles = [Float](
                repeating: 0, count: FloatKernels.ropeAngleCount(dimensionCount: shape.dimensions))
            FloatKernels.fillRopeAngles(
                &angles, position: position, inverseFrequencies: frequencies, dimensionCount: shape.dimensions,
                layout: layout)
            var expected = input.map(Double.init)
            for head in 0..<3 {
                for pair in 0..<half {
                    let first = head * shape.headLength + (layout == .adjacent ? 2 * pair : pair)
                    let second = first + (layout == .adjacent ? 1 : half)
                    let angle = Double(Float(position) * frequencies[pair])
                    let (x, y) = (expected[first], expected[second])
                    expected[first] = x * cos(angle) - y * sin(angle)
                    expected[second] = y * cos(angle) + x * sin(angle)
                }
            }
            var output = input
            available.kernels.rope(
                &output, angles: angles, headCount: 3, headLength: shape.headLength,
                dimensionCount: shape.dimensions, layout: layout)
            expectClose(output, expected, tolerance: 1e-6)
        }
    }
}
