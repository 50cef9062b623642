import OpenAIAPI
import Synchronization

/// The models that this process serves, by the names that requests use.
///
/// A request's `model` is only ever looked up here; it never becomes a path. Until all models are loaded none is served.
final class ModelRegistry: Sendable {
    let names: ModelNames
    private let loaded = Mutex<[LoadedModel]?>(nil)

    init(_ names: ModelNames) {
        self.names = names
    }

    /// - Parameter models: all of them, in the order of `names`.
    func serve(_ models: [LoadedModel]) {
        precondition(models.map(\.id) == names.models, "the models that were named")
        loaded.withLock { $0 = models }
    }

    var isLoading: Bool { loaded.withLock { $0 == nil } }

    /// In the order in which they were given; none while they are being loaded.
    var models: [LoadedModel] { loaded.withLock { $0 ?? [] } }

    /// The model that a name or an alias stands for.
    ///
    /// - Parameter name: nil stands for the first.
    func model(named name: String?) throws(APIError) -> LoadedModel {
        let place: Int
        if let name {
            guard let found = names.place(of: name) else { throw .modelNotFound(name) }
            place = found
        } else {
            place = 0
        }
        guard let models = loaded.withLock({ $0 }) else { throw .modelLoading(retryAfter: .seconds(1)) }
        return models[place]
    }

    // MARK: As the API shows them

    /// The models, then the aliases.
    var list: ModelList {
        let models = models
        let aliases = models.isEmpty ? [] : names.aliases
        return ModelList(
            models.map(\.description)
                + aliases.compactMap { alias in
                    names.place(of: alias.name).map { models[$0].description.alias(named: alias.name) }
                })
    }

    /// What the API says of a model or an alias.
    func description(of name: String) throws(APIError) -> Model {
        let model = try model(named: name)
        return name == model.id ? model.description : model.description.alias(named: name)
    }
}
