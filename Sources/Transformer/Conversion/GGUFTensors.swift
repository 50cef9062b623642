import ModelFiles

/// Turns the tensors of a checkpoint into those of a GGUF file.
///
/// Matrices keep their type; vectors and small tables become F32, as readers of GGUF expect. Parts that share a tensor
/// in one of the two forms are taken apart or joined, and members that have a tensor each become one.
struct GGUFTensors {
    let map: TensorMap
    let spec: ModelSpec
    private let naming: TensorNaming
    /// Whether rows of queries and keys are put in the order in which the pairs that are rotated are neighbours.
    private let reordersRotatedRows: Bool
    private var usedNames: Set<String> = []
    private var result: [GGUFForm.Tensor] = []

    init(map: TensorMap, spec: ModelSpec, traits: GGUFFormTraits) {
        self.map = map
        self.spec = spec
        naming = traits.naming(spec)
        reordersRotatedRows = traits.reordersRows
    }

    /// - Throws: ``ModelLoadError`` for a part that has no name in GGUF files, and for a tensor that is no part.
    mutating func all(isYarn: Bool) throws(ModelLoadError) -> [GGUFForm.Tensor] {
        for part in ModelPart.allCases where !part.isOfLayer { try add(part, layer: nil) }
        if !isYarn { addRopeFactors() }
        for layer in spec.layers.indices {
            for part in ModelPart.allCases where part.isOfLayer { try add(part, layer: layer) }
        }
        let unused = map.source.tensors.map(\.name).filter { !usedNames.contains($0) && !map.isIgnored($0) }
        guard unused.isEmpty else { throw .unusedTensors(unused) }
        return result
    }

    private mutating func add(_ part: ModelPart, layer: Int?) throws(ModelLoadError) {
        guard spec.has(part, layer: layer) else { return }
        for kind in [TensorMap.Kind.weight, .bias] where map.has(part, layer: layer, kind) {
            let reading = map.reading(of: part, layer: layer, kind)
            if part == .output, kind == .weight, spec.hasTiedOutput {
                // Some checkpoints hold a copy of the embedding.
                usedNames.insert(map.name(reading, layer: layer, kind))
                continue
            }
            guard part.isOfGGUF, let form = naming.readings[part]?.first else {
                throw .tensorType(
                    name: map.name(reading, layer: layer, kind), reason: "GGUF files have no tensor for this part")
            }
            // Parts that share a tensor come with the first of them.
            guard form.fused.isEmpty || form.fused[0] == part else { continue }
            var pieces: [TensorPiece] = []
            for part in form.fused.isEmpty ? [part] : form.fused {
                pieces += try self.pieces(of: part, layer: layer, kind)
            }
            let place = layer.map { "blk.\($0)." } ?? ""
            let shape = shape(of: pieces, part, kind)
            result.append(
                GGUFForm.Tensor(
                    pieces, name: place + form.name + kind.rawValue, shape: shape,
                    asFloats: shape.count == 1 || part.isSmall))
        }
    }

    private func shape(of pieces: [TensorPiece], _ part: ModelPart, _ kind: TensorMap.Kind) -> [Int] {
        let first = pieces[0], outputCount = pieces.reduce(0) { $0 + $1.outputCount }
        switch part {
        case .expertGate, .expertUp, .expertDown: return [first.inputCount, first.outputCount, pieces.count]
        case .queryNorm where pieces.count > 1, .keyNorm where pieces.count > 1:
            return [first.outputCount, pieces.count]
        default: return first.tensor.shape.count == 1 ? [outputCount] : [first.inputCount, outputCount]
        }
    }

    /// What the checkpoint has of a part: one piece, or one for each member.
    private mutating func pieces(
        of part: ModelPart, layer: Int?, _ kind: TensorMap.Kind
    ) throws(ModelLoadError) -> [TensorPiece] {
        let reading = map.reading(of: part, layer: layer, kind)
        let hasMembers = reading.name.contains("@") || reading.isStacked
        let memberCount = hasMembers ? spec.memberCount(of: part, layer: layer) : 1
        var pieces: [TensorPiece] = []
        for member in 0..<memberCount {
            let name = map.name(reading, layer: layer, member: member, kind)
            guard let tensor = map.source.tensor(name) else { throw .missingTensor(name) }
            usedNames.insert(name)
            let isTransposed = reading.isTransposed || tensor.shape.count == 1
            let available = isTransposed ? tensor.rowLength : tensor.rowCount
            var outputs = try outputs(
                of: part, reading, layer: layer, available: reading.isStacked ? available / memberCount : available,
                tensor)
            if reading.isStacked {
                let first = member * (available / memberCount)
                outputs = outputs.map { first + $0.lowerBound..<first + $0.upperBound }
            }
            var piece = TensorPiece(tensor: tensor, outputs: outputs, isTransposed: isTransposed)
            piece.order = rowOrder(part, layer: layer)
            piece.offset = kind == .weight ? reading.offset : 0
            pieces.append(piece)
        }
        return pieces
    }

    /// Which outputs of a tensor are the part's.
    private func outputs(
        of part: ModelPart, _ reading: TensorReading, layer: Int?, available: Int, _ tensor: StoredTensor
    ) throws(ModelLoadError) -> [Range<Int>] {
        if part == .positions, let positions = spec.embedding.positions {
            // GGUF files leave the rows before the first position out.
            guard positions.count == available, positions.offset < available else {
                throw .tensorShape(
                    name: tensor.name, expected: [tensor.rowLength, positions.count], found: tensor.shape)
            }
            return [positions.offset..<available]
        }
        guard !reading.fused.isEmpty, let layer else { return [0..<available] }
        let share = TensorReader.share(
            of: part, reading, counts: spec.sharedCounts(layer: layer),
            groupCount: spec.attentions[layer].keyValueHeadCount)
        guard share.total == available else {
            throw .tensorShape(
                name: tensor.name,
                expected: reading.isTransposed ? [share.total, tensor.rowCount] : [tensor.rowLength, share.total],
                found: tensor.shape)
        }
        return share.ranges
    }

    /// Where each row of a matrix of queries or keys comes from: of what is rotated, element `2i` and `2i + 1` of a head
    /// from its two halves. Nil for parts that keep their order.
    private func rowOrder(_ part: ModelPart, layer: Int?) -> [Int]? {
        guard reordersRotatedRows, let layer, part == .query || part == .key else { return nil }
        let attention = spec.attentions[layer]
        let headCount = part == .query ? attention.headCount : attention.keyValueHeadCount
        let length = attention.headLength, rotated = attention.rope?.dimensionCount ?? length
        return (0..<headCount * length).map { row in
            let (head, element) = row.quotientAndRemainder(dividingBy: length)
            guard element < rotated else { return row }
            return head * length + element % 2 * (rotated / 2) + element / 2
        }
    }

    /// The factors of each pair's angle, which a checkpoint gives by formula or in a list of its settings.
    private mutating func addRopeFactors() {
        switch spec.attentions.lazy.compactMap(\.rope).first?.scaling {
        case .perPair(let factors)?: add(.ropeFactors, factors)
        case .byContext(let short, let long, _)?:
            add(.ropeFactorsLong, long)
            add(.ropeFactorsShort, short)
        case .linear?, .some(.none), nil: break
        }
    }

    private mutating func add(_ part: ModelPart, _ factors: [Float]) {
        result.append(
            GGUFForm.Tensor(
                name: part.rawValue + TensorMap.Kind.weight.rawValue, type: .f32, shape: [factors.count],
                bytes: { factors.littleEndianBytes }))
    }
}
