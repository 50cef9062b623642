import Kernels
import ModelFiles

/// Hands out a model's tensors by part, each checked for its exact shape, and knows at the end which were left over.
struct TensorReader {
    let map: TensorMap
    private var usedNames: Set<String> = []

    init(_ map: TensorMap) { self.map = map }

    /// Rows of a matrix, and what keeps their bytes alive.
    struct Rows {
        let source: WeightSource
        let tensor: StoredTensor
        /// The rows themselves, when they don't lie together in the file.
        let copy: OwnedBytes?
    }

    /// Where one part's outputs are among those of the tensor that it shares with others.
    struct Share {
        var ranges: [Range<Int>]
        var total: Int
    }

    /// The weights that map `inputCount` numbers to as many as `counts` says of `part`.
    ///
    /// - Parameters:
    ///   - counts: Outputs of `part` and of those it may share a tensor with.
    ///   - groupCount: Key-value heads, for parts that alternate.
    mutating func matrix(
        _ part: ModelPart, layer: Int?, member: Int = 0, inputCount: Int, counts: [ModelPart: Int], groupCount: Int = 1
    ) throws(ModelLoadError) -> Rows {
        let reading = map.reading(of: part, layer: layer)
        let share = Self.share(of: part, reading, counts: counts, groupCount: groupCount)
        let shape = reading.isTransposed ? [share.total, inputCount] : [inputCount, share.total]
        let tensor = try tensor(map.name(reading, layer: layer, member: member, .weight), shape: shape)
        guard let format = WeightFormat(rawValue: tensor.type.rawValue), tensor.type.isWeight else {
            throw .tensorType(name: tensor.name, reason: "\(tensor.type) isn't a type of weights")
        }
        if reading.isTransposed || share.ranges.count > 1 {
            let rows = try OwnedBytes(rows: share.ranges, of: tensor, isTransposed: reading.isTransposed)
            let source = WeightSource(format: format, rowCount: rows.rowCount, bytes: rows.bytes)
            return Rows(source: source, tensor: tensor, copy: rows)
        }
        let range = share.ranges[0], size = tensor.rowByteCount
        let bytes = UnsafeRawBufferPointer(rebasing: tensor.bytes[range.lowerBound * size..<range.upperBound * size])
        return Rows(
            source: WeightSource(format: format, rowCount: range.count, bytes: bytes), tensor: tensor, copy: nil)
    }

    /// The weights of one of `count` experts, which one tensor holds for all, or each has a tensor of its own.
    ///
    /// - Parameter counts: Outputs of `part` and of those it may share a tensor with.
    mutating func expert(
        _ part: ModelPart, layer: Int?, number: Int, count: Int, inputCount: Int, counts: [ModelPart: Int]
    ) throws(ModelLoadError) -> Rows {
        let reading = map.reading(of: part, layer: layer)
        guard !reading.name.contains("@") else {
            return try matrix(part, layer: layer, member: number, inputCount: inputCount, counts: counts)
        }
        let share = Self.share(of: part, reading, counts: counts, groupCount: 1), range = share.ranges[0]
        let tensor = try tensor(
            map.name(reading, layer: layer, .weight), shape: [inputCount, share.total, count])
        guard let format = WeightFormat(rawValue: tensor.type.rawValue), tensor.type.isWeight else {
            throw .tensorType(name: tensor.name, reason: "\(tensor.type) isn't a type of weights")
        }
        let size = tensor.rowByteCount, first = number * share.total + range.lowerBound
        let bytes = UnsafeRawBufferPointer(rebasing: tensor.bytes[first * size..<(first + range.count) * size])
        return Rows(
            source: WeightSource(format: format, rowCount: range.count, bytes: bytes), tensor: tensor, copy: nil)
    }

    /// A table with a row for each token, position or type.
    mutating func table(_ part: ModelPart, rowLength: Int, rowCount: Int) throws(ModelLoadError) -> StoredTensor {
        let reading = map.reading(of: part, layer: nil)
        return try tensor(map.name(reading, layer: nil, .weight), shape: [rowLength, rowCount])
    }

    /// One number for each element of `part`.
    mutating func vector(
        _ part: ModelPart, layer: Int?, _ kind: TensorMap.Kind, counts: [ModelPart: Int], groupCount: Int = 1
    ) throws(ModelLoadError) -> [Float] {
        let reading = map.reading(of: part, layer: layer, kind)
        let share = Self.share(of: part, reading, counts: counts, groupCount: groupCount)
        let values = try floats(of: tensor(map.name(reading, layer: layer, kind), shape: [share.total]))
        let own =
            share.ranges.count == 1 && share.ranges[0].count == values.count
            ? values : share.ranges.flatMap { values[$0] }
        return kind == .weight && reading.offset != 0 ? own.map { $0 + reading.offset } : own
    }

    /// A vector for each of `count` heads, in one tensor or in one for each.
    mutating func vectors(
        _ part: ModelPart, layer: Int?, count: Int, length: Int
    ) throws(ModelLoadError) -> [Float] {
        let reading = map.reading(of: part, layer: layer)
        guard reading.name.contains("@") else {
            return try floats(of: tensor(map.name(reading, layer: layer, .weight), shape: [length, count]))
        }
        var values: [Float] = []
        for member in 0..<count {
            let name = map.name(reading, layer: layer, member: member, .weight)
            values += try floats(of: tensor(name, shape: [length]))
        }
        return values
    }

    /// Counts a part as used that has been read in another way.
    mutating func markUsed(_ part: ModelPart) {
        usedNames.insert(map.name(map.reading(of: part, layer: nil), layer: nil, .weight))
    }

    /// Refuses the source when it holds tensors that nobody asked for.
    func finish() throws(ModelLoadError) {
        let unused = map.source.tensors.map(\.name).filter { !usedNames.contains($0) && !map.isIgnored($0) }
        guard unused.isEmpty else { throw .unusedTensors(unused) }
    }

    /// Finds a tensor; axes of length 1 at the end don't count.
    private mutating func tensor(_ name: String, shape: [Int]) throws(ModelLoadError) -> StoredTensor {
        guard let tensor = map.source.tensor(name) else { throw .missingTensor(name) }
        usedNames.insert(name)
        guard Self.trimmed(tensor.shape) == Self.trimmed(shape) else {
            throw .tensorShape(name: name, expected: shape, found: tensor.shape)
        }
        return tensor
    }

    private func floats(of tensor: StoredTensor) throws(ModelLoadError) -> [Float] { try tensor.floats() }

    private static func trimmed(_ shape: [Int]) -> ArraySlice<Int> {
        var shape = shape[...]
        while shape.count > 1, shape.last == 1 { shape.removeLast() }
        return shape
    }

    static func share(
        of part: ModelPart, _ reading: TensorReading, counts: [ModelPart: Int], groupCount: Int
    ) -> Share {
        let own = counts[part, default: 0]
        guard !reading.fused.isEmpty else { return Share(ranges: [0..<own], total: own) }
        let groups = reading.alternates ? groupCount : 1
        let total = reading.fused.reduce(0) { $0 + counts[$1, default: 0] }
        let before = reading.fused.prefix { $0 != part }.reduce(0) { $0 + counts[$1, default: 0] }
        let ranges = (0..<groups).map { group in
            let first = (group * total + before) / groups
            return first..<first + own / groups
        }
        return Share(ranges: ranges, total: total)
    }
}
