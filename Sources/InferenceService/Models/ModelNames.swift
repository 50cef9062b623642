/// The names by which requests may ask for a server's models: each model's own, and aliases.
struct ModelNames: Sendable {
    let models: [String]
    let aliases: [ModelAlias]
    /// The place of each name's model in `models`.
    private let places: [String: Int]

    /// The longest name that a request can hold in its `model` field.
    private static let longestName = 256

    /// - Throws: ``ModelNamesError`` unless each name stands for exactly one model.
    init(models: [String], aliases: [ModelAlias]) throws(ModelNamesError) {
        guard !models.isEmpty else { throw .noModels }
        var places: [String: Int] = [:]
        for (place, name) in models.enumerated() {
            try Self.check(name)
            guard places.updateValue(place, forKey: name) == nil else { throw .duplicateModel(name) }
        }
        let names = places
        for alias in aliases {
            try Self.check(alias.name)
            guard names[alias.name] == nil else { throw .aliasIsModel(alias.name) }
            // An alias of an alias has no place yet either: what an alias stands for must not depend on another one.
            guard let place = names[alias.model] else { throw .unknownTarget(alias, models: models) }
            guard places.updateValue(place, forKey: alias.name) == nil else { throw .duplicateAlias(alias.name) }
        }
        (self.models, self.aliases, self.places) = (models, aliases, places)
    }

    /// The place in ``models`` of the model that a name stands for.
    func place(of name: String) -> Int? { places[name] }

    private static func check(_ name: String) throws(ModelNamesError) {
        let isPlain = name.unicodeScalars.allSatisfy { $0.value > 0x20 && !(0x7F...0x9F).contains($0.value) }
        guard isPlain, (1...longestName).contains(name.utf8.count) else { throw .unusable(name) }
    }
}

/// Why models cannot be served under the names that they were given, in words for the person who gave them.
public enum ModelNamesError: Error, Hashable, CustomStringConvertible {
    case noModels
    case unusable(String)
    case duplicateModel(String)
    case duplicateAlias(String)
    case aliasIsModel(String)
    case unknownTarget(ModelAlias, models: [String])

    public var description: String {
        switch self {
        case .noModels: "there is no model to serve"
        case .unusable(let name):
            "'\(name)' cannot be a model's name: names have 1 to 256 bytes and neither blanks nor control characters"
        case .duplicateModel(let name):
            "two models have the name '\(name)'; give one of them another: --model NAME=PATH"
        case .duplicateAlias(let name): "the alias '\(name)' is given twice"
        case .aliasIsModel(let name): "the alias '\(name)' is the name of a model"
        case .unknownTarget(let alias, let models):
            "the alias '\(alias.name)' stands for '\(alias.model)', which is not served; served are: "
                + models.joined(separator: ", ")
        }
    }
}
