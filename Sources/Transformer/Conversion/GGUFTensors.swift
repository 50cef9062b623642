import ModelFiles

/// Turns the tensors of a checkpoint into those of a GGUF file.
///
/// Matrices keep their type; vectors and small tables become F32, as readers of GGUF expect.
struct GGUFTensors {
    let map: TensorMap
    let spec: ModelSpec
    /// Whether rows of queries and keys are put in the order in which the pairs that are rotated are neighbours.
    let reordersRotatedRows: Bool
    private var result: [GGUFForm.Tensor] = []

    init(map: TensorMap, spec: ModelSpec, reordersRotatedRows: Bool) {
        self.map = map
        self.spec = spec
        self.reordersRotatedRows = reordersRotatedRows
    }

    mutating func all() throws(ModelLoadError) -> [GGUFForm.Tensor] {
        for part in ModelPart.allCases where !part.isOfLayer { try add(part, layer: nil) }
        addRopeFactors()
        for layer in spec.layers.indices {
            for part in ModelPart.allCases where part.isOfLayer { try add(part, layer: layer) }
        }
        return result
    }

    private mutating func add(_ part: ModelPart, layer: Int?) throws(ModelLoadError) {
        // Some checkpoints hold a copy of the embedding.
        if part == .output, spec.hasTiedOutput { return }
        // Embedding models still have what BERT was trained with.
        if part == .classifierTransform, spec.head == nil { return }
        for kind in [TensorMap.Kind.weight, .bias] where map.has(part, layer: layer, kind) {
            let reading = map.reading(of: part, layer: layer, kind)
            let name = map.name(reading, layer: layer, kind)
            guard reading.fused.isEmpty, !reading.isTransposed, !reading.name.contains("@"),
                let tensor = map.source.tensor(name)
            else {
                throw .tensorType(
                    name: name, reason: "has another form in GGUF files, and this version can't bring it into that")
            }
            let place = layer.map { "blk.\($0)." } ?? ""
            let order = rowOrder(part, layer: layer)
            let offset = kind == .weight ? reading.offset : 0
            result.append(
                GGUFForm.Tensor(
                    tensor, name: place + part.rawValue + kind.rawValue, offset: offset, order: order,
                    asFloats: tensor.shape.count == 1 || part == .positions || part == .tokenTypes))
        }
    }

    /// Where each row of a matrix of queries or keys comes from: element `2i` and `2i + 1` of a head from its two
    /// halves. Nil for parts that keep their order.
    private func rowOrder(_ part: ModelPart, layer: Int?) -> [Int]? {
        guard reordersRotatedRows, let layer, part == .query || part == .key else { return nil }
        let attention = spec.attentions[layer]
        let headCount = part == .query ? attention.headCount : attention.keyValueHeadCount
        let length = attention.headLength
        return (0..<headCount * length).map { row in
            let (head, element) = row.quotientAndRemainder(dividingBy: length)
            return head * length + element % 2 * (length / 2) + element / 2
        }
    }

    /// The factors of each pair's angle, which a checkpoint gives by formula.
    private mutating func addRopeFactors() {
        guard case .perPair(let factors)? = spec.attentions.lazy.compactMap(\.rope).first?.scaling else { return }
        result.append(
            GGUFForm.Tensor(
                name: ModelPart.ropeFactors.rawValue + TensorMap.Kind.weight.rawValue, type: .f32,
                shape: [factors.count], bytes: { factors.littleEndianBytes }))
    }
}

extension GGUFForm.Tensor {
    /// - Parameters:
    ///   - offset: What is added to each number.
    ///   - order: For each row the one that comes there; nil keeps them.
    fileprivate init(_ tensor: StoredTensor, name: String, offset: Float, order: [Int]?, asFloats: Bool) {
        let convertsToFloats = asFloats || offset != 0
        self.init(
            name: name, type: convertsToFloats ? .f32 : tensor.type, shape: tensor.shape,
            bytes: {
                var bytes: [UInt8]
                if convertsToFloats {
                    bytes = try tensor.floats().map { $0 + offset }.littleEndianBytes
                } else {
                    bytes = withExtendedLifetime(tensor) { Array(tensor.bytes) }
                }
                tensor.releasePages()
                guard let order else { return bytes }
                let rowByteCount = bytes.count / order.count
                var ordered: [UInt8] = []
                ordered.reserveCapacity(bytes.count)
                for row in order { ordered += bytes[row * rowByteCount..<(row + 1) * rowByteCount] }
                bytes = ordered
                return bytes
            })
    }
}

extension [Float] {
    fileprivate var littleEndianBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 4)
        for number in self {
            Swift.withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }
}
