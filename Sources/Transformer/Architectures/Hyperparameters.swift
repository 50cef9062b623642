import ModelFiles

/// Reads one architecture's hyperparameters from a file's metadata, each within its limits.
struct Hyperparameters {
    let file: GGUFFile
    /// The value of `general.architecture`, the first part of the keys.
    let architecture: String

    func key(_ name: String) -> String { "\(architecture).\(name)" }

    /// Whether the file has a tensor of this name. Optional parts of a model follow from the tensors that exist.
    func hasTensor(_ name: String) -> Bool { file.tensor(name) != nil }

    /// A whole number in `1 ... limit`.
    func count(_ name: String, limit: Int) throws(ModelLoadError) -> Int {
        guard let value = try count(ifPresent: name, limit: limit) else { throw .file(.missingKey(key(name))) }
        return value
    }

    func count(ifPresent name: String, limit: Int) throws(ModelLoadError) -> Int? {
        let value: Int?
        do { value = try file.metadata.integer(ifPresent: key(name)) } catch { throw .file(error) }
        return try value.map { (value) throws(ModelLoadError) in try checked(value, name, limit: limit) }
    }

    /// One number in `1 ... limit` for each layer; the file may give one for all.
    func counts(
        ifPresent name: String, layerCount: Int, limit: Int
    ) throws(ModelLoadError) -> [Int]? {
        let values: [Int]?
        do {
            values = try file.metadata.integers(ifPresent: key(name), repeatedTo: layerCount)
        } catch {
            throw .file(error)
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

    /// A finite number above 0.
    func positive(ifPresent name: String) throws(ModelLoadError) -> Float? {
        let value: Float?
        do { value = try file.metadata.float(ifPresent: key(name)) } catch { throw .file(error) }
        if let value, !(value > 0) {
            throw .hyperparameter(key: key(name), reason: "\(value) isn't above 0")
        }
        return value
    }

    func positive(_ name: String) throws(ModelLoadError) -> Float {
        guard let value = try positive(ifPresent: name) else { throw .file(.missingKey(key(name))) }
        return value
    }

    func string(ifPresent name: String) throws(ModelLoadError) -> String? {
        do { return try file.metadata.string(ifPresent: key(name)) } catch { throw .file(error) }
    }

    private func checked(_ value: Int, _ name: String, limit: Int) throws(ModelLoadError) -> Int {
        guard (1...limit).contains(value) else {
            throw .hyperparameter(key: key(name), reason: "\(value) isn't in 1 ... \(limit)")
        }
        return value
    }
}
