import ModelFiles

/// Finds the parts of a model in its source.
struct TensorMap {
    let source: ModelSource
    private let naming: TensorNaming
    private let place: TensorNaming.Place

    enum Kind: String {
        case weight = ".weight"
        case bias = ".bias"
    }

    init(_ source: ModelSource, naming: TensorNaming) {
        self.source = source
        self.naming = naming
        let embeddings = naming.readings[.embedding, default: []]
        let places = naming.places + [TensorNaming.Place(base: "")]
        let found = places.first { place in
            embeddings.contains { source.tensor(place.outer + place.base + $0.name + Kind.weight.rawValue) != nil }
        }
        place = found ?? places[0]
    }

    /// Whether the source has a part. Optional parts of a model follow from the tensors that exist.
    func has(_ part: ModelPart, layer: Int? = nil, _ kind: Kind = .weight) -> Bool {
        naming.readings[part, default: []].contains { exists($0, layer: layer, kind) }
    }

    /// Where a part is, or where it is missing from.
    func reading(of part: ModelPart, layer: Int?, _ kind: Kind = .weight) -> TensorReading {
        let readings = naming.readings[part, default: []]
        return readings.first { exists($0, layer: layer, kind) } ?? readings.first
            ?? TensorReading(stringLiteral: part.rawValue)
    }

    /// The full name of the tensor of a reading.
    ///
    /// - Parameter member: Which expert or head, for those that have tensors of their own.
    func name(_ reading: TensorReading, layer: Int?, member: Int = 0, _ kind: Kind) -> String {
        var name = layer.map { filled(naming.layer, "#", $0) } ?? ""
        name += filled(reading.name, "@", member)
        let ending =
            switch (reading.hasGreekEndings, kind) {
            case (false, .weight) where reading.isStacked: ""
            case (false, _): kind.rawValue
            case (true, .weight): ".gamma"
            case (true, .bias): ".beta"
            }
        return place.outer + (reading.isOutside ? "" : place.base) + name + ending
    }

    /// Whether a tensor that nobody asked for is harmless.
    func isIgnored(_ name: String) -> Bool {
        naming.ignored.contains { name.hasSuffix($0) } || naming.foreign.contains { name.hasPrefix($0) }
    }

    private func exists(_ reading: TensorReading, layer: Int?, _ kind: Kind) -> Bool {
        source.tensor(name(reading, layer: layer, kind)) != nil
    }

    private func filled(_ template: String, _ placeholder: Character, _ number: Int) -> String {
        guard template.contains(placeholder) else { return template }
        return template.split(separator: placeholder, omittingEmptySubsequences: false).joined(separator: "\(number)")
    }
}
