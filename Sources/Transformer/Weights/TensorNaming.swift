/// What a family's files call the parts of a model: a table.
struct TensorNaming {
    /// What names begin with in files of the whole model, the commonest first; files of the layers alone leave it out.
    var places: [Place]
    /// What the names of a layer's parts begin with, after the base; `#` stands for the layer.
    var layer: String
    /// Several readings of one part are alternatives: the first that is there counts.
    var readings: [ModelPart: [TensorReading]]
    /// Ends of names of buffers that are not weights and may be left over.
    var ignored: [String]
    /// Beginnings of names of parts that have nothing to do with text and may be left over.
    var foreign: [String] = []

    /// What names begin with.
    struct Place {
        /// Of all of them.
        var outer = ""
        /// After that, of those that aren't outside (``TensorReading/isOutside``).
        var base: String
    }

    init(
        base: String = "", layer: String, _ readings: KeyValuePairs<ModelPart, TensorReading>, ignored: [String] = []
    ) {
        places = [Place(base: base)]
        self.layer = layer
        self.readings = Dictionary(grouping: readings, by: \.key).mapValues { $0.map(\.value) }
        self.ignored = ignored
    }

    /// The same, with other readings for some parts.
    func with(_ changes: KeyValuePairs<ModelPart, TensorReading>) -> TensorNaming {
        var naming = self
        for (part, readings) in Dictionary(grouping: changes, by: \.key) {
            naming.readings[part] = readings.map(\.value)
        }
        return naming
    }

    /// The same as a part of a model that takes images, too, whose other parts are left out.
    var besideVision: TensorNaming {
        var naming = self
        // As files were published, and as transformers 5 has it in memory.
        naming.places = [
            Place(outer: "language_model.", base: "model."), Place(base: "model.language_model."),
        ]
        naming.foreign = ["vision_tower.", "multi_modal_projector."].flatMap { [$0, "model.\($0)"] }
        return naming
    }

    /// The same without a part that the family doesn't have, although there is a tensor of that name.
    func without(_ part: ModelPart) -> TensorNaming {
        var naming = self
        naming.readings[part] = nil
        return naming
    }
}

extension TensorNaming {
    /// GGUF files have one name for each part, for all families.
    static let gguf: TensorNaming = {
        var naming = TensorNaming(layer: "blk.#.", [:])
        for part in ModelPart.allCases { naming.readings[part] = [TensorReading(stringLiteral: part.rawValue)] }
        let inputs: [ModelPart] = [.query, .key, .value]
        for part in inputs { naming.readings[part]?.append(.fused("attn_qkv", inputs)) }
        // Before experts were stacked each had tensors of its own.
        for (part, name) in [(ModelPart.expertGate, "gate"), (.expertUp, "up"), (.expertDown, "down")] {
            naming.readings[part]?.append(TensorReading(stringLiteral: "ffn_\(name).@"))
        }
        return naming
    }()
    /// The names of architectures whose queries, keys and values are one matrix.
    static let ggufFused: TensorNaming = {
        let inputs = TensorReading.fused("attn_qkv", [.query, .key, .value])
        return gguf.with([.query: inputs, .key: inputs, .value: inputs])
    }()

    /// Where the gate is in one matrix with what it gates.
    static let ggufExpansion: KeyValuePairs<ModelPart, TensorReading> = [
        .gate: .fused("ffn_up", [.gate, .up]), .up: .fused("ffn_up", [.gate, .up]),
    ]
}
