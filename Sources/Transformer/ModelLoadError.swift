public import Kernels
public import ModelFiles

/// Why a well-formed model file can't be run.
///
/// Each case names the metadata key or the tensor to blame: whoever reads it has the file and no debugger.
public enum ModelLoadError: Error, Equatable, Sendable {
    /// The file itself is at fault, or a metadata key has the wrong type.
    case file(ModelFileError)
    /// No entry for what the file names as its architecture under `key`.
    case unknownArchitecture(key: String, String, known: [String])
    /// The architecture is known, but the file asks for a variation of it that isn't.
    case unsupported(key: String, reason: String)
    /// A hyperparameter is outside of what makes sense.
    case hyperparameter(key: String, reason: String)
    /// A tensor that the architecture needs isn't there.
    case missingTensor(String)
    /// A tensor is there with another shape (in GGUF order) than the hyperparameters say.
    case tensorShape(name: String, expected: [Int], found: [Int])
    /// A tensor's type isn't one this use of it can have.
    case tensorType(name: String, reason: String)
    /// The file holds tensors that the architecture has no use for, so the model is not what it says.
    case unusedTensors([String])
    /// The operating system has no memory for the keys and values.
    case outOfMemory(byteCount: Int)
    /// The weights can't be packed.
    case kernels(KernelError)
}

extension ModelLoadError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .unknownArchitecture(let key, let name, let known):
            "metadata key '\(key)': \(quotedName(name)) is not supported (known: "
                + known.joined(separator: ", ") + ")"
        case .unsupported(let key, let reason), .hyperparameter(let key, let reason):
            "metadata key '\(key)': \(reason)"
        case .missingTensor(let name): "tensor '\(name)' is missing"
        case .tensorShape(let name, let expected, let found):
            "tensor '\(name)' has the shape \(found), but the hyperparameters ask for \(expected)"
        case .tensorType(let name, let reason): "tensor '\(name)': \(reason)"
        case .unusedTensors(let names):
            "the file holds \(names.count) tensor(s) that its architecture has no use for, first "
                + names.prefix(3).map(quotedName).joined(separator: ", ")
        case .outOfMemory(let byteCount): "no memory for \(byteCount) bytes of keys and values"
        case .kernels(let error): error.description
        }
    }
}

/// A name from a file, safe for a terminal: what isn't printable ASCII is replaced, and it ends after 64 characters.
private func quotedName(_ name: String) -> String {
    let printable = name.unicodeScalars.prefix(64).map { $0.isASCII && $0.value >= 32 && $0.value < 127 ? $0 : "?" }
    return "'" + String(String.UnicodeScalarView(printable)) + "'"
}
