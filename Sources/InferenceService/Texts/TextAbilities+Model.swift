import JSON
import ModelFiles
import Transformer

extension TextAbilities {
    /// What the files of a model say.
    ///
    /// - Throws: ``UnsupportedStage`` when the folder's `modules.json` asks for a computation that isn't known: vectors
    ///   without it would be wrong. `ModelLoadError` for a stage whose files are not what they say.
    init(_ model: OpenedModel) throws {
        let spec = model.model.spec
        let modules = Self.sentenceModules(of: model.source)
        try modules?.refuseUnknown()
        // An encoder that says nothing about it is pooled like sentence-transformers does.
        let pooling = spec.pooling ?? (spec.needsCache || spec.head != nil ? nil : .mean)
        let embedding = try pooling.map { pooling in
            let stages = try modules?.denseStages(inputLength: spec.embeddingLength) ?? []
            // Only `modules.json` says whether vectors are scaled; what is trained to embed compares directions.
            return Embedding(
                pooling: pooling, stages: stages, isNormalized: modules?.normalizes ?? true,
                length: stages.last?.outputLength ?? spec.embeddingLength)
        }
        var classifier: Classifier?
        if case .labels(let count, _)? = spec.head?.output { classifier = try Classifier(count, of: model.source) }
        var fillsMasks = false
        if case .tokens? = spec.head?.output { fillsMasks = !spec.needsCache }
        let longest = modules?.configuration?["max_seq_length"]?.integerValue
        self.init(
            model.tokenizer, longestText: longest.flatMap { $0 > 0 ? $0 : nil },
            embedding: embedding, classifier: classifier, fillsMasks: fillsMasks)
    }

    private static func sentenceModules(of source: ModelSource) -> SentenceModules? {
        guard case .checkpoint(let checkpoint) = source else { return nil }
        return checkpoint.sentenceModules
    }
}

extension SentenceModules {
    /// Refuses stages that aren't known, or that stand where they mean something else.
    fileprivate func refuseUnknown() throws(UnsupportedStage) {
        let types = modules.map(\.type)
        if let type = types.first(where: { !["Transformer", "Pooling", "Dense", "Normalize"].contains($0) }) {
            throw UnsupportedStage(
                type: type, reason: "isn't known; known are Transformer, Pooling, Dense and Normalize")
        }
        if modules.contains(where: { $0.type == "Dense" && $0.folder.isEmpty }) {
            throw UnsupportedStage(type: "Dense", reason: "has no folder")
        }
        guard let first = types.firstIndex(of: "Dense"), let last = types.lastIndex(of: "Dense") else { return }
        guard types[..<first].contains("Pooling"), !types[..<last].contains("Normalize") else {
            throw UnsupportedStage(type: "Dense", reason: "must stand between Pooling and Normalize")
        }
    }

    /// The layers behind the pooling, in order.
    fileprivate func denseStages(inputLength: Int) throws(ModelLoadError) -> [DenseStage] {
        var stages: [DenseStage] = []
        for module in modules where module.type == "Dense" {
            stages.append(try DenseStage(module, inputLength: stages.last?.outputLength ?? inputLength))
        }
        return stages
    }
}

extension TextAbilities.Classifier {
    /// - Parameter count: Outputs of the classifier.
    init(_ count: Int, of source: ModelSource) throws(ModelFileError) {
        labels = Array(repeating: nil, count: count)
        activation = .standard(labelCount: count)
        switch source {
        case .gguf(let file):
            let architecture = try file.metadata.string("general.architecture")
            let names = try file.metadata.strings(ifPresent: "\(architecture).classifier.output_labels") ?? []
            for (index, name) in names.prefix(count).enumerated() { labels[index] = name }
        case .checkpoint(let checkpoint):
            read(checkpoint.configuration)
        }
    }

    private mutating func read(_ configuration: JSONValue) {
        let names = configuration["id2label"]
        for index in labels.indices {
            // Files leave out the names that transformers makes up.
            labels[index] = names?["\(index)"]?.stringValue ?? "LABEL_\(index)"
        }
        switch configuration["problem_type"]?.stringValue {
        case "multi_label_classification": activation = .sigmoid
        case "regression": activation = .identity
        default: break
        }
        // Cross-encoders say it themselves, by the name of a class of torch.
        let function =
            configuration["sentence_transformers"]?["activation_fn"]?.stringValue
            ?? configuration["sbert_ce_default_activation_function"]?.stringValue
        switch function?.split(separator: ".").last {
        case "Identity": activation = .identity
        case "Sigmoid": activation = .sigmoid
        case "Softmax": activation = .softmax
        default: break
        }
    }
}

/// A stage of an embedding model that can't be run.
struct UnsupportedStage: Error, CustomStringConvertible {
    var type: String
    var reason: String
    var description: String { "modules.json: the stage '\(type)' \(reason)" }
}
