import Glibc

@testable import Kernels

/// One key-value head with random queries, keys and values, in a cache whose blocks lie in a shuffled order.
struct AttentionCase {
    let groupSize: Int
    let headLength: Int
    let length: Int
    var isCausal = true
    var window: Int?
    var softCap: Float?
    var slopes: [Float]?
    /// For each head, a bias for each of `AttentionTile.DistanceBiases.distances(length:)`.
    var biases: [Float]?
    var cacheType = CacheType.f16
    /// Whether attention reads keys and values where they are, and no cache.
    var isInRows = false

    let queries: [Float]
    var keys: [Float]
    var values: [Float]
    let blockTable: [Int32]

    init(groupSize: Int, headLength: Int, length: Int, seed: UInt64 = 1) {
        self.groupSize = groupSize
        self.headLength = headLength
        self.length = length
        var random = RandomFloats(seed: seed)
        queries = random.array(length * groupSize * headLength)
        keys = random.array(length * headLength)
        values = random.array(length * headLength)
        let blockCount = (length + CacheLayout.blockLength - 1) / CacheLayout.blockLength
        blockTable = (0..<Int32(blockCount)).map { ($0 * 7 + 3) % Int32(blockCount * 7) }
    }

    var queryStride: Int { groupSize * headLength }

    var shape: AttentionTile.Shape {
        AttentionTile.Shape(
            groupSize: groupSize, headLength: headLength, isCausal: isCausal, window: window,
            scale: 1 / Float(headLength).squareRoot(), softCap: softCap, cacheType: cacheType)
    }

    private var distances: Range<Int> { AttentionTile.DistanceBiases.distances(length: length) }

    /// Random biases; those that no pair of positions has are no numbers.
    mutating func drawBiases() {
        var random = RandomFloats(seed: 2)
        let distances = distances, length = length
        biases = (0..<groupSize).flatMap { _ in distances.map { $0 < length ? 4 * random.next() : .nan } }
    }

    var shelfByteCount: Int {
        CacheLayout.blocksPerShelf * CacheLayout.byteCount(headLength: headLength, type: cacheType)
    }

    /// The cache with positions `0 ..< stored`, written in runs of `runLength`; every other byte is such that scales
    /// are no numbers, as freed blocks may hold.
    func cache(_ kernels: FloatKernels, stored: Int? = nil, runLength: Int = .max) -> [UInt8] {
        let shelves = Int(blockTable.max() ?? 0) / CacheLayout.blocksPerShelf + 1
        var cache = [UInt8](repeating: 0xff, count: shelves * shelfByteCount)
        let stored = stored ?? length
        cache.withUnsafeMutableBytes { cache in
            keys.withUnsafeBufferPointer { keys in
                values.withUnsafeBufferPointer { values in
                    blockTable.withUnsafeBufferPointer { blockTable in
                        for first in stride(from: 0, to: stored, by: min(runLength, stored)) {
                            kernels.storeInCache(
                                CacheRun(
                                    type: cacheType, headLength: headLength, cache: cache.baseAddress!,
                                    shelfStride: shelfByteCount, blockTable: blockTable.baseAddress!,
                                    firstPosition: first, positionCount: min(runLength, stored - first),
                                    keys: keys.baseAddress! + first * headLength,
                                    values: values.baseAddress! + first * headLength, stride: headLength))
                        }
                    }
                }
            }
        }
        return cache
    }

    /// The output of positions `range`, in tiles of `tileLength` positions; split into units of so many ranges when
    /// `rangesPerUnit` is given.
    func run(
        _ kernels: FloatKernels, cache: [UInt8], range: Range<Int>, tileLength: Int, rangesPerUnit: Int? = nil
    ) -> [Float] {
        var output = [Float](repeating: 0, count: range.count * queryStride)
        output.withUnsafeMutableBufferPointer { output in
            withPointers(cache) { queries, cache, blockTable, slopes, biases in
                for first in stride(from: range.lowerBound, to: range.upperBound, by: tileLength) {
                    let tile = AttentionTile(
                        queries: queries + first * queryStride, queryStride: queryStride,
                        output: output.baseAddress! + (first - range.lowerBound) * queryStride,
                        outputStride: queryStride, positionCount: min(tileLength, range.upperBound - first),
                        firstPosition: first,
                        memory: memory(cache, blockTable),
                        length: length, shape: shape, slopes: slopes, biases: biases)
                    if let rangesPerUnit {
                        attendInRanges(tile, kernels, rangesPerUnit: rangesPerUnit)
                    } else {
                        attend(tile, kernels)
                    }
                }
            }
        }
        return output
    }

    private func memory(
        _ cache: UnsafeRawPointer, _ blockTable: UnsafePointer<Int32>
    ) -> AttentionTile.Memory {
        guard isInRows else { return .cache(cache, shelfStride: shelfByteCount, blockTable: blockTable) }
        // SAFETY: `run` holds the arrays until it returns.
        return .rows(
            keys: keys.withUnsafeBufferPointer { $0.baseAddress! },
            values: values.withUnsafeBufferPointer { $0.baseAddress! }, stride: headLength)
    }

    private func attend(_ tile: AttentionTile, _ kernels: FloatKernels) {
        var workspace = [Float](repeating: .nan, count: shape.workspaceFloatCount)
        kernels.attend(tile, workspace: &workspace)
    }

    private func attendInRanges(_ tile: AttentionTile, _ kernels: FloatKernels, rangesPerUnit: Int) {
        var workspace = [Float](repeating: .nan, count: shape.workspaceFloatCount)
        let rangeCount = (length + AttentionTile.rangeLength - 1) / AttentionTile.rangeLength
        let size = shape.partialFloatCount(positionCount: tile.positionCount)
        var partials = [Float](repeating: .nan, count: rangeCount * size)
        partials.withUnsafeMutableBufferPointer { partials in
            for first in stride(from: 0, to: rangeCount, by: rangesPerUnit).reversed() {
                kernels.attendRanges(
                    tile, ranges: first..<min(first + rangesPerUnit, rangeCount),
                    partials: partials.baseAddress! + first * size, workspace: &workspace)
            }
        }
        kernels.mergeRanges(tile, rangeCount: rangeCount, partials: partials, workspace: &workspace)
    }

    private func withPointers(
        _ cache: [UInt8],
        _ body: (
            _ queries: UnsafePointer<Float>, _ cache: UnsafeRawPointer, _ blockTable: UnsafePointer<Int32>,
            _ slopes: UnsafePointer<Float>?, _ biases: AttentionTile.DistanceBiases?
        ) -> Void
    ) {
        queries.withUnsafeBufferPointer { queries in
            cache.withUnsafeBytes { cache in
                blockTable.withUnsafeBufferPointer { table in
                    (slopes ?? []).withUnsafeBufferPointer { slopes in
                        (biases ?? []).withUnsafeBufferPointer { biases in
                            let center = biases.baseAddress.map { $0 - distances.lowerBound }
                            body(
                                queries.baseAddress!, cache.baseAddress!, table.baseAddress!,
                                slopes.isEmpty ? nil : slopes.baseAddress,
                                biases.isEmpty
                                    ? nil : center.map { .init(center: $0, stride: distances.count) })
                        }
                    }
                }
            }
        }
    }

    /// The definition, in double precision.
    func expected(position: Int) -> [Double] {
        let begin = max(0, position - (window ?? length) + 1)
        let end = isCausal ? position + 1 : min(length, position + (window ?? length))
        return (0..<groupSize).flatMap { head -> [Double] in
            let query = (0..<headLength).map { Double(queries[(position * groupSize + head) * headLength + $0]) }
            let scores = (begin..<end).map { other -> Double in
                var score = (0..<headLength).reduce(0.0) { $0 + query[$1] * Double(keys[other * headLength + $1]) }
                score /= Double(headLength).squareRoot()
                if let softCap { score = Double(softCap) * tanh(score / Double(softCap)) }
                if let biases {
                    score += Double(biases[head * distances.count + other - position - distances.lowerBound])
                }
                return score + Double(slopes?[head] ?? 0) * Double(other - position)
            }
            let highest = scores.max() ?? 0
            let weights = scores.map { exp($0 - highest) }
            let sum = weights.reduce(0, +)
            return (0..<headLength).map { element in
                zip(weights, begin..<end).reduce(0.0) {
                    $0 + $1.0 * Double(values[$1.1 * headLength + element])
                } / sum
            }
        }
    }
}
