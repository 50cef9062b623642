extension TextAbilities {
    /// What the files of a model say. Architectures that generate text have no part that computes anything else.
    init(_ model: OpenedModel) {
        self.init(model.tokenizer)
    }
}
