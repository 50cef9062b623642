import Testing

@testable import Kernels

@Suite struct AttentionTests {
    /// (heads of a group, head length, positions): groups that fill tiles of rows unevenly, head lengths with tails,
    /// contexts around the borders of blocks (32) and ranges (256).
    static let shapes = [(1, 64, 1), (3, 64, 31), (4, 128, 33), (2, 80, 97), (7, 20, 64), (1, 6, 40), (3, 64, 700)]

    @Test(arguments: AvailableKernels.all, shapes)
    func agreesWithTheDefinition(available: AvailableKernels, shape: (Int, Int, Int)) {
        let sample = AttentionCase(groupSize: shape.0, headLength: shape.1, length: shape.2)
        check(sample, available)
    }

    @Test(arguments: AvailableKernels.all)
    func variations(available: AvailableKernels) {
        var sample = AttentionCase(groupSize: 2, headLength: 32, length: 600)
        sample.window = 70
        check(sample, available)
        sample.softCap = 3
        check(sample, available)
        sample.window = nil
        sample.slopes = [0.25, 0.0625]
        check(sample, available)
        sample = AttentionCase(groupSize: 2, headLength: 32, length: 45)
        sample.isCausal = false
        check(sample, available)
    }

    @Test(arguments: AvailableKernels.all)
    func aPositionHasTheSameBitsInEveryTile(available: AvailableKernels) {
        var sample = AttentionCase(groupSize: 3, headLength: 64, length: 1_100)
        for window in [nil, 600] {
            sample.window = window
            let cache = sample.cache(available.kernels)
            let all = 0..<sample.length
            let single = sample.run(available.kernels, cache: cache, range: all, tileLength: 1)
            for tileLength in [2, 5, 16, 21] {
                #expect(sample.run(available.kernels, cache: cache, range: all, tileLength: tileLength) == single)
            }
            let split = sample.run(available.kernels, cache: cache, range: all, tileLength: 4, isSplit: true)
            #expect(split == single)
        }
    }

    @Test(arguments: AvailableKernels.all)
    func whatLiesBehindTheLastPositionDoesNotMatter(available: AvailableKernels) {
        let sample = AttentionCase(groupSize: 3, headLength: 64, length: 70)
        let whole = sample.cache(available.kernels), part = sample.cache(available.kernels, stored: 41)
        let range = 35..<41
        let expected = sample.run(available.kernels, cache: whole, range: range, tileLength: 3)
        #expect(sample.run(available.kernels, cache: part, range: range, tileLength: 3) == expected)
    }

    private func check(_ sample: AttentionCase, _ available: AvailableKernels) {
        let cache = sample.cache(available.kernels)
        let tileLength = max(1, min(16, AttentionTile.maximumRowCount / sample.groupSize))
        let output = sample.run(available.kernels, cache: cache, range: 0..<sample.length, tileLength: tileLength)
        let rowLength = sample.queryStride
        for position in Set([0, 1, 30, 31, 32, 33, 255, 256, 257, 511, 512, 513, sample.length - 1]).filter({ $0 < sample.length }) {
            let row = Array(output[position * rowLength..<(position + 1) * rowLength])
            expectClose(row, sample.expected(position: position), tolerance: 3e-6)
        }
    }
}
