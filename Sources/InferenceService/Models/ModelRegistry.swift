import OpenAIAPI
import Synchronization

/// The models that this process serves, by the names that requests use.
///
/// A request's `model` is only ever looked up here; it never becomes a path.
final class ModelRegistry: Sendable {
    private struct State {
        var models: [LoadedModel] = []
        var isLoading = true
    }

    private let state = Mutex(State())

    func add(_ model: LoadedModel) { state.withLock { $0.models.append(model) } }

    func finishLoading() { state.withLock { $0.isLoading = false } }

    var isLoading: Bool { state.withLock { $0.isLoading } }

    /// In the order in which they were given.
    var models: [LoadedModel] { state.withLock { $0.models } }

    /// The model of that name; without a name, the only or first one.
    func model(named name: String?) throws(APIError) -> LoadedModel {
        let (model, isLoading) = state.withLock { state in
            (name.map { name in state.models.first { $0.id == name } } ?? state.models.first, state.isLoading)
        }
        if let model { return model }
        if isLoading { throw .modelLoading(retryAfter: .seconds(1)) }
        throw .modelNotFound(name ?? "")
    }
}
