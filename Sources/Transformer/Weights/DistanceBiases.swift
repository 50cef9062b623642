import Kernels

/// A learned bias for each head and distance of key and query, as attention reads them.
struct DistanceBiases {
    private let buffer: FloatBuffer
    private let distances: Range<Int>

    /// - Parameters:
    ///   - table: `[buckets][heads]`
    ///   - length: Positions of the longest text.
    init(_ table: [Float], buckets: DistanceBuckets, headCount: Int, length: Int) {
        let distances = AttentionTile.DistanceBiases.distances(length: length)
        self.distances = distances
        let rows = distances.map { headCount * buckets.bucket($0) }
        buffer = FloatBuffer((0..<headCount).flatMap { head in rows.map { table[$0 + head] } })
    }

    /// The biases of the heads from `head` on.
    func kernelArgument(head: Int) -> AttentionTile.DistanceBiases {
        AttentionTile.DistanceBiases(
            center: buffer.pointer + head * distances.count - distances.lowerBound, stride: distances.count)
    }
}

extension WeightBinder {
    /// Bound once, as all layers share them.
    mutating func distanceBiases(of attention: AttentionSpec) throws(ModelLoadError) -> DistanceBiases? {
        guard case .distanceBiases(let buckets) = attention.position else { return nil }
        if let sharedBiases { return sharedBiases }
        let table = try reader.table(.distanceBiases, rowLength: attention.headCount, rowCount: buckets.count)
        let biases = DistanceBiases(
            try table.floats(), buckets: buckets, headCount: attention.headCount, length: spec.contextLength)
        sharedBiases = biases
        return biases
    }
}
