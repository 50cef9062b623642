import Testing

@testable import Kernels

@Suite struct AttentionTests {
    /// (heads of a group, head length, positions): groups that fill tiles of rows unevenly, head lengths with tails,
    /// contexts around the borders of blocks (32) and ranges (128).
    static let shapes = [
        (1, 64, 1), (3, 64, 31), (4, 128, 33), (2, 80, 97), (7, 20, 64), (1, 6, 40), (3, 64, 700), (1, 512, 5),
        (1, 1024, 1), (2, 1000, 35),
    ]

    @Test(arguments: AvailableKernels.all, shapes)
    func agreesWithTheDefinition(available: AvailableKernels, shape: (Int, Int, Int)) {
        var sample = AttentionCase(groupSize: shape.0, headLength: shape.1, length: shape.2)
        for type in CacheType.allCases {
            sample.cacheType = type
            check(sample, available)
        }
        sample.isInRows = true
        check(sample, available)
        sample.isCausal = false
        check(sample, available)
    }

    /// What a text that is all there shows to itself, where its projections are.
    @Test(arguments: AvailableKernels.all)
    func textsInRows(available: AvailableKernels) {
        for (groupSize, headLength, length) in [(1, 32, 300), (2, 48, 129), (3, 20, 33), (1, 64, 2), (6, 16, 70)] {
            var sample = AttentionCase(groupSize: groupSize, headLength: headLength, length: length)
            sample.isInRows = true
            checkBothSides(&sample, available)
            sample.softCap = 3
            check(sample, available)
            sample.slopes = (0..<groupSize).map { 0.25 / Float($0 + 1) }
            check(sample, available)
        }
    }

    @Test(arguments: AvailableKernels.all)
    func aRowHasTheSameBitsInEveryTile(available: AvailableKernels) {
        var sample = AttentionCase(groupSize: 3, headLength: 40, length: 400)
        sample.isInRows = true
        for (window, isCausal) in [(nil, true), (200, false), (nil, false)] {
            sample.window = window
            sample.isCausal = isCausal
            let all = 0..<sample.length
            let single = sample.run(available.kernels, cache: [0], range: all, tileLength: 1)
            for tileLength in [2, 5, 16, 21] {
                #expect(sample.run(available.kernels, cache: [0], range: all, tileLength: tileLength) == single)
            }
        }
    }

    @Test(arguments: AvailableKernels.all)
    func whatIsNoNumberShowsInRows(available: AvailableKernels) {
        // A key that is infinite may just be infinitely far away.
        for (isKey, poison) in [(true, Float.nan), (false, .nan), (false, -.infinity)] {
            for place in [0, 130, 199] {
                var sample = AttentionCase(groupSize: 2, headLength: 64, length: 200)
                sample.isInRows = true
                sample.isCausal = false
                if isKey { sample.keys[place * 64 + 40] = poison } else { sample.values[place * 64 + 40] = poison }
                let output = sample.run(available.kernels, cache: [0], range: 0..<200, tileLength: 16)
                for row in stride(from: 0, to: output.count, by: 64) {
                    let head = output[row..<row + 64]
                    #expect(isKey ? head.contains { !$0.isFinite } : !output[row + 40].isFinite)
                }
            }
        }
    }

    @Test(arguments: AvailableKernels.all, CacheType.allCases)
    func variations(available: AvailableKernels, type: CacheType) {
        var sample = AttentionCase(groupSize: 2, headLength: 32, length: 600)
        sample.cacheType = type
        sample.window = 70
        check(sample, available)
        sample.softCap = 3
        check(sample, available)
        sample.window = nil
        sample.slopes = [0.25, 0.0625]
        check(sample, available)
        sample = AttentionCase(groupSize: 2, headLength: 32, length: 45)
        sample.cacheType = type
        sample.isCausal = false
        check(sample, available)
    }

    /// What encoders have: windows to both sides, and biases for distances.
    @Test(arguments: AvailableKernels.all, CacheType.allCases)
    func bothSides(available: AvailableKernels, type: CacheType) {
        for (groupSize, length) in [(2, 300), (1, 1), (3, 33)] {
            var sample = AttentionCase(groupSize: groupSize, headLength: 32, length: length)
            sample.cacheType = type
            checkBothSides(&sample, available)
        }
    }

    @Test(arguments: AvailableKernels.all, CacheType.allCases)
    func aPositionHasTheSameBitsInEveryTile(available: AvailableKernels, type: CacheType) {
        var sample = AttentionCase(groupSize: 3, headLength: 64, length: 1_100)
        sample.cacheType = type
        for (window, isCausal) in [(nil, true), (600, true), (200, false)] {
            sample.window = window
            sample.isCausal = isCausal
            let cache = sample.cache(available.kernels)
            let all = 0..<sample.length
            let single = sample.run(available.kernels, cache: cache, range: all, tileLength: 1)
            for tileLength in [2, 5, 16, 21] {
                #expect(sample.run(available.kernels, cache: cache, range: all, tileLength: tileLength) == single)
            }
            for rangesPerUnit in [1, 4] {
                let split = sample.run(
                    available.kernels, cache: cache, range: all, tileLength: 4, rangesPerUnit: rangesPerUnit)
                #expect(split == single)
            }
        }
    }

    /// Positions stored one by one, or together and from anywhere on, leave the same bytes.
    @Test(arguments: AvailableKernels.all, CacheType.allCases)
    func aRunStoresWhatSinglePositionsDo(available: AvailableKernels, type: CacheType) {
        for headLength in [64, 80, 20, 6] {
            var sample = AttentionCase(groupSize: 1, headLength: headLength, length: 150)
            sample.cacheType = type
            let single = sample.cache(available.kernels, runLength: 1)
            for runLength in [5, 16, 48, 150] {
                #expect(sample.cache(available.kernels, runLength: runLength) == single)
            }
        }
    }

    /// A key or value that is not a number must not disappear in the rounding to integers.
    @Test(arguments: AvailableKernels.all, CacheType.allCases)
    func whatIsNoNumberShows(available: AvailableKernels, type: CacheType) {
        for (isKey, poison) in [(true, Float.nan), (true, .infinity), (false, .nan), (false, -.infinity)] {
            var sample = AttentionCase(groupSize: 2, headLength: 64, length: 200)
            sample.cacheType = type
            if isKey { sample.keys[150 * 64 + 40] = poison } else { sample.values[150 * 64 + 40] = poison }
            let cache = sample.cache(available.kernels)
            let output = sample.run(available.kernels, cache: cache, range: 149..<152, tileLength: 3)
            let before = output.prefix(128).allSatisfy(\.isFinite)
            let after = output.dropFirst(128).allSatisfy(\.isNaN)
            #expect(before && after)
        }
    }

    @Test(arguments: AvailableKernels.all, CacheType.allCases)
    func whatLiesBehindTheLastPositionDoesNotMatter(available: AvailableKernels, type: CacheType) {
        var sample = AttentionCase(groupSize: 3, headLength: 64, length: 70)
        sample.cacheType = type
        let whole = sample.cache(available.kernels), part = sample.cache(available.kernels, stored: 41)
        let range = 35..<41
        let expected = sample.run(available.kernels, cache: whole, range: range, tileLength: 3)
        #expect(sample.run(available.kernels, cache: part, range: range, tileLength: 3) == expected)
    }

    /// Windows to both sides, then biases with the last of them, and without any.
    private func checkBothSides(_ sample: inout AttentionCase, _ available: AvailableKernels) {
        sample.isCausal = false
        for window in [1, 5, 70, 299, 300, 1 << 40] {
            sample.window = window
            check(sample, available)
        }
        sample.drawBiases()
        check(sample, available)
        sample.window = nil
        check(sample, available)
    }

    private func check(_ sample: AttentionCase, _ available: AvailableKernels) {
        let cache = sample.cache(available.kernels)
        let tileLength = max(1, min(16, AttentionTile.maximumRowCount / sample.groupSize))
        let output = sample.run(available.kernels, cache: cache, range: 0..<sample.length, tileLength: tileLength)
        let isSame = sample.run(available.kernels, cache: cache, range: 0..<sample.length, tileLength: 1) == output
        #expect(isSame, "a position by itself")
        // Steps of integers grow with a head's length, and errors of scores with its root.
        let cacheTolerance =
            sample.cacheType == .f16 ? 6e-4 * max(1, Double(sample.headLength) / 256).squareRoot() : 2e-2
        let tolerance = sample.isInRows ? 1e-5 : cacheTolerance
        let rowLength = sample.queryStride
        let positions = Set([0, 1, 30, 31, 32, 33, 127, 128, 129, 511, 512, 513, sample.length - 1])
        for position in positions where position < sample.length {
            let row = Array(output[position * rowLength..<(position + 1) * rowLength])
            expectClose(row, sample.expected(position: position), tolerance: tolerance)
        }
    }
}
