import JSON
import ModelFiles

extension Hyperparameters {
    /// How the model was trained to make one vector of a text, if its files say so.
    func pooling() throws(ModelLoadError) -> Pooling? {
        switch tensors.source {
        case .gguf: try ggufPooling()
        case .checkpoint(let checkpoint): try modulePooling(checkpoint.sentenceModules?.pooling)
        }
    }

    private func ggufPooling() throws(ModelLoadError) -> Pooling? {
        let name = "pooling_type"
        switch try integer(ifPresent: name) {
        // 4 is for rerankers, whose head says what it pools.
        case nil, 0, 4: return nil
        case 1: return .mean
        case 2: return .first
        case 3: return .last
        case .some(let type): throw .hyperparameter(key: key(name), reason: "\(type) isn't in 0 ... 4")
        }
    }

    /// The settings of sentence-transformers: a name, or in older files a flag for each kind.
    private func modulePooling(_ settings: JSONValue?) throws(ModelLoadError) -> Pooling? {
        guard let settings else { return nil }
        let names = ["cls": Pooling.first, "mean": .mean, "max": .max, "lasttoken": .last]
        let flags = ["cls_token": Pooling.first, "mean_tokens": .mean, "max_tokens": .max, "lasttoken": .last]
        var found: [Pooling] = []
        if let name = settings["pooling_mode"]?.stringValue {
            found = names[name].map { [$0] } ?? []
        } else {
            found = flags.filter { settings["pooling_mode_\($0.key)"]?.boolValue == true }.map(\.value)
        }
        guard found.count == 1 else {
            throw .unsupported(
                key: "pooling_mode", reason: "it must be one of 'cls', 'mean', 'max' and 'lasttoken'")
        }
        return found[0]
    }
}
