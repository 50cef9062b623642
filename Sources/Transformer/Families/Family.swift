import JSON
import ModelFiles

/// A model family: what its files call things, and how its hyperparameters become a ``ModelSpec``.
struct Family: Sendable {
    /// The values of `general.architecture` in GGUF files.
    var ggufNames: [String]
    /// The values of `model_type` in a checkpoint's `config.json`.
    var modelTypes: [String]
    /// What checkpoints call the parts.
    var names: TensorNaming
    /// What GGUF files call the parts.
    var ggufNaming: TensorNaming
    /// What a checkpoint means when its `config.json` doesn't say, by the names of ``Hyperparameters``.
    var defaults: [String: JSONValue]
    /// The object of `config.json` that has the hyperparameters, where other parts of the model have theirs beside it.
    var settings: PartSettings?
    /// How checkpoints become GGUF files; nil where that format has no form for them.
    var ggufForm: GGUFFormTraits?
    var spec: @Sendable (Hyperparameters) throws(ModelLoadError) -> ModelSpec

    init(
        gguf ggufNames: [String] = [], checkpoint modelTypes: [String] = [], names: TensorNaming,
        ggufNaming: TensorNaming = .gguf, defaults: [String: JSONValue] = [:],
        spec: @escaping @Sendable (Hyperparameters) throws(ModelLoadError) -> ModelSpec
    ) {
        self.ggufNames = ggufNames
        self.modelTypes = modelTypes
        self.names = names
        self.ggufNaming = ggufNaming
        self.defaults = defaults
        self.spec = spec
    }

    /// An object of `config.json`, and the values that its `model_type` may have.
    struct PartSettings {
        var name: String
        var modelTypes: [String]
    }

    /// The text part of models that take images, too; what they see with is left out.
    ///
    /// - Parameter text: What the text part is called by itself.
    func besideVision(checkpoint modelTypes: [String], text: String) -> Family {
        var family = self
        (family.ggufNames, family.modelTypes) = ([], modelTypes)
        family.names = names.besideVision
        family.settings = PartSettings(name: "text_config", modelTypes: [text])
        return family
    }

    /// A decoder with these traits.
    static func decoder(
        gguf ggufNames: [String] = [], checkpoint modelTypes: [String] = [], names: TensorNaming,
        ggufNaming: TensorNaming = .gguf, defaults: [String: JSONValue] = [:],
        traits: @escaping @Sendable (Hyperparameters) throws(ModelLoadError) -> DecoderTraits
    ) -> Family {
        Family(gguf: ggufNames, checkpoint: modelTypes, names: names, ggufNaming: ggufNaming, defaults: defaults) {
            (model) throws(ModelLoadError) in
            try Decoder(model, traits: traits(model)).spec()
        }
    }
}
