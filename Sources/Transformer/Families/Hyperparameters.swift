import JSON
import ModelFiles

/// Reads a model's hyperparameters, each within its limits, by the names they have in GGUF files.
///
/// A checkpoint's `config.json` calls them otherwise, and differently in each family: see ``aliases``. Errors name the
/// key as the file at hand spells it.
struct Hyperparameters {
    /// The family's name in the file.
    let architecture: String
    let tensors: TensorMap
    /// What a checkpoint means when its `config.json` doesn't say.
    let defaults: [String: JSONValue]
    /// A checkpoint's settings: the whole of `config.json`, and the object with those of this part of the model.
    private let whole: JSONValue
    private let configuration: JSONValue
    /// Where that object is, with a dot behind it.
    private let place: String

    /// - Throws: ``ModelLoadError/file(_:)`` if the object that has the settings isn't there, and
    ///   ``ModelLoadError/unsupported(key:reason:)`` if it is that of another family.
    init(architecture: String, tensors: TensorMap, family: Family) throws(ModelLoadError) {
        self.architecture = architecture
        self.tensors = tensors
        defaults = family.defaults
        guard case .checkpoint(let checkpoint) = tensors.source else {
            (whole, configuration, place) = (.null, .null, "")
            return
        }
        whole = checkpoint.configuration
        guard let part = family.settings else {
            (configuration, place) = (whole, "")
            return
        }
        guard let settings = whole[part.name] else { throw .file(.missingKey(part.name)) }
        (configuration, place) = (settings, part.name + ".")
        if let type = settings["model_type"]?.stringValue, !part.modelTypes.contains(type) {
            throw .unsupported(
                key: "\(part.name).model_type",
                reason: "'\(type)' isn't supported here, only \(part.modelTypes.joined(separator: ", "))")
        }
    }

    /// Where a setting is looked for. Whether embeddings are tied is said by the whole model before its part.
    private func settings(of name: String) -> (values: JSONValue, place: String) {
        name == "tie_word_embeddings" && whole[name] != nil ? (whole, "") : (configuration, place)
    }

    var isCheckpoint: Bool {
        if case .checkpoint = tensors.source { true } else { false }
    }

    /// How the file spells a key.
    func key(_ name: String) -> String {
        switch tensors.source {
        case .gguf: return "\(architecture).\(name)"
        case .checkpoint:
            let (values, place) = settings(of: name)
            return place + (Self.find(name, in: values)?.key ?? Self.place(of: name, in: values))
        }
    }

    /// A whole number in `1 ... limit`.
    func count(_ name: String, limit: Int) throws(ModelLoadError) -> Int {
        guard let value = try count(ifPresent: name, limit: limit) else { throw .file(.missingKey(key(name))) }
        return value
    }

    func count(ifPresent name: String, limit: Int) throws(ModelLoadError) -> Int? {
        try integer(ifPresent: name).map { (value) throws(ModelLoadError) in try checked(value, name, limit: limit) }
    }

    /// One number in `1 ... limit` for each layer; the file may give one for all.
    func counts(ifPresent name: String, layerCount: Int, limit: Int) throws(ModelLoadError) -> [Int]? {
        let values: [Int]?
        switch tensors.source {
        case .gguf(let file):
            do {
                values = try file.metadata.integers(ifPresent: key(name), repeatedTo: layerCount)
            } catch {
                throw .file(error)
            }
        case .checkpoint: values = try integer(ifPresent: name).map { Array(repeating: $0, count: layerCount) }
        }
        for value in values ?? [] { _ = try checked(value, name, limit: limit) }
        return values
    }

    func counts(_ name: String, layerCount: Int, limit: Int) throws(ModelLoadError) -> [Int] {
        guard let values = try counts(ifPresent: name, layerCount: layerCount, limit: limit) else {
            throw .file(.missingKey(key(name)))
        }
        return values
    }

    func integer(ifPresent name: String) throws(ModelLoadError) -> Int? {
        try read(
            name, "a whole number", { (metadata, key) throws(ModelFileError) in try metadata.integer(ifPresent: key) },
            \.integerValue)
    }

    /// A finite number above 0.
    func positive(ifPresent name: String) throws(ModelLoadError) -> Float? {
        let value = try read(
            name, "a number", { (metadata, key) throws(ModelFileError) in try metadata.float(ifPresent: key) },
            { $0.doubleValue.map(Float.init) })
        if let value, !(value > 0 && value.isFinite) {
            throw .hyperparameter(key: key(name), reason: "\(value) isn't a finite number above 0")
        }
        return value
    }

    func positive(_ name: String) throws(ModelLoadError) -> Float {
        guard let value = try positive(ifPresent: name) else { throw .file(.missingKey(key(name))) }
        return value
    }

    func positive(_ name: String, otherwise standard: Float) throws(ModelLoadError) -> Float {
        guard let value = try positive(ifPresent: name) else { return standard }
        return value
    }

    /// A number above 0 and below 1; nil stands for 1, as the file's 1 does.
    func fraction(ifPresent name: String) throws(ModelLoadError) -> Double? {
        guard let number = try positive(ifPresent: name), number < 1 else { return nil }
        // In double precision, which decides what is rounded down to a whole number.
        return try read(
            name, "a number",
            { (metadata, key) throws(ModelFileError) in try metadata.float(ifPresent: key).map(Double.init) },
            \.doubleValue)
    }

    func string(ifPresent name: String) throws(ModelLoadError) -> String? {
        try read(
            name, "a string", { (metadata, key) throws(ModelFileError) in try metadata.string(ifPresent: key) },
            \.stringValue)
    }

    func bool(ifPresent name: String) throws(ModelLoadError) -> Bool? {
        try read(
            name, "a truth value", { (metadata, key) throws(ModelFileError) in try metadata.bool(ifPresent: key) },
            \.boolValue)
    }

    /// A list of strings in a checkpoint's `config.json`.
    func strings(ifPresent name: String) throws(ModelLoadError) -> [String]? {
        try list(name, "a list of strings", \.stringValue)
    }

    /// A list of whole numbers in a checkpoint's `config.json`.
    func integers(ifPresent name: String) throws(ModelLoadError) -> [Int]? {
        try list(name, "a list of whole numbers", \.integerValue)
    }

    /// A list of numbers in a checkpoint's `config.json`.
    func floats(ifPresent name: String) throws(ModelLoadError) -> [Float]? {
        try list(name, "a list of numbers") { $0.doubleValue.map(Float.init) }
    }

    private func list<T>(
        _ name: String, _ expected: String, _ element: (JSONValue) -> T?
    ) throws(ModelLoadError) -> [T]? {
        let (settings, place) = settings(of: name)
        guard isCheckpoint, let (key, value) = Self.find(name, in: settings) else { return nil }
        guard let elements = value.arrayValue else { throw wrongType(place + key, expected, value) }
        var values: [T] = []
        for json in elements {
            guard let value = element(json) else { throw wrongType(place + key, expected, json) }
            values.append(value)
        }
        return values
    }

    private func read<T>(
        _ name: String, _ expected: String, _ metadata: (GGUFMetadata, String) throws(ModelFileError) -> T?,
        _ json: (JSONValue) -> T?
    ) throws(ModelLoadError) -> T? {
        switch tensors.source {
        case .gguf(let file):
            do { return try metadata(file.metadata, key(name)) } catch { throw .file(error) }
        case .checkpoint:
            let (settings, place) = settings(of: name)
            guard let (key, value) = Self.find(name, in: settings) else {
                return Self.isNull(name, in: settings) ? nil : defaults[name].flatMap(json)
            }
            guard let result = json(value) else { throw wrongType(place + key, expected, value) }
            return result
        }
    }

    private func wrongType(_ key: String, _ expected: String, _ value: JSONValue) -> ModelLoadError {
        let found =
            switch value {
            case .null: "null"
            case .bool: "a truth value"
            case .integer, .number: "a number"
            case .string: "a string"
            case .array: "a list"
            case .object: "an object"
            }
        return .file(.wrongType(key: key, expected: expected, found: found))
    }

    /// The first place where the settings give a value; `null` is none.
    private static func find(_ name: String, in configuration: JSONValue) -> (key: String, value: JSONValue)? {
        for path in paths(name) {
            var value: JSONValue? = configuration
            for member in path.split(separator: ".") { value = value?[String(member)] }
            if let value, !value.isNull { return (path, value) }
        }
        return nil
    }

    /// The first place of which the settings have all but the last part.
    private static func place(of name: String, in configuration: JSONValue) -> String {
        let paths = paths(name)
        return paths.first { path in
            var value: JSONValue? = configuration
            for member in path.split(separator: ".").dropLast() { value = value?[String(member)] }
            return value?.objectValue != nil
        } ?? paths[0]
    }

    /// Whether the settings say that there is no value, which is something else than to say nothing.
    private static func isNull(_ name: String, in configuration: JSONValue) -> Bool {
        paths(name).contains { configuration[$0]?.isNull == true }
    }

    private static func paths(_ name: String) -> [String] { aliases[name] ?? [name] }

    private func checked(_ value: Int, _ name: String, limit: Int) throws(ModelLoadError) -> Int {
        guard (1...limit).contains(value) else {
            throw .hyperparameter(key: key(name), reason: "\(value) isn't in 1 ... \(limit)")
        }
        return value
    }
}
