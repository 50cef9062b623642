/// Why a model can't be found, pulled or put into the store.
public enum ModelCatalogError: Error, Equatable, Sendable {
    /// A name that can't be a model's: it would be a path, or an option on a command line.
    case invalidName(String)
    /// A reference to pull from that makes no sense.
    case invalidReference(String, reason: String)
    /// No such model in the store, in the catalogue or on disk; `installed` and `pullable` are what there is.
    case unknownModel(String, installed: [String], pullable: [String])
    /// The catalogue has the model, but it hasn't been pulled yet.
    case notPulled(String)
    /// The store has the model, but its files aren't as they were when it was pulled.
    case damaged(String, reason: String)
    /// Another model already has this name in the store.
    case nameTaken(String, source: String)
    /// Another process is pulling into the same store.
    case busy(store: String)
    /// A program that pulling needs isn't installed.
    case toolMissing(String)
    /// A program that pulling needs failed; `output` is the end of what it wrote to its standard error.
    case toolFailed(String, status: String, output: String)
    /// A file that came over the network isn't the expected one.
    case checksumMismatch(file: String, expected: String, found: String)
    /// A file is whole, but it isn't a model that can be used.
    case unusable(path: String, reason: String)
    /// There isn't enough room on the disk.
    case noSpace(store: String, neededByteCount: Int, freeByteCount: Int)
    /// The operating system refused something.
    case fileSystem(path: String, reason: String)
    /// The task that pulled was cancelled.
    case cancelled
}

extension ModelCatalogError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidName(let name):
            "'\(printable(name))' can't be a model's name: letters, digits, '.', '_' and '-' only, "
                + "starting with a letter or digit, at most \(ModelName.byteLimit) bytes"
        case .invalidReference(let reference, let reason):
            "can't pull '\(printable(reference))': \(reason)"
        case .unknownModel(let name, let installed, let pullable):
            "there is no model '\(printable(name))'" + Self.suggestions(installed: installed, pullable: pullable)
        case .notPulled(let name):
            "the model '\(name)' isn't here yet: run `needletail pull \(name)`"
        case .damaged(let name, let reason):
            "the model '\(name)' is damaged (\(reason)): run `needletail pull \(name)` again"
        case .nameTaken(let name, let source):
            "the store already has a model '\(name)', from \(printable(source)): choose another name"
        case .busy(let store):
            "another process is pulling into \(printable(store)): wait until it is done"
        case .toolMissing(let tool):
            "the program '\(printable(tool))' is needed for this and can't be run: is it installed?"
        case .toolFailed(let tool, let status, let output):
            "\(tool) failed (\(status))" + (output.isEmpty ? "" : ":\n\(output)")
        case .checksumMismatch(let file, let expected, let found):
            "\(file) isn't the expected file: its SHA-256 is \(found), not \(expected)"
        case .unusable(let path, let reason):
            "\(printable(path)) can't be used as a model: \(reason)"
        case .noSpace(let store, let needed, let free):
            "\(printable(store)) needs \(megabytes(needed)) free for this, and has \(megabytes(free))"
        case .fileSystem(let path, let reason):
            "\(printable(path)): \(reason)"
        case .cancelled:
            "the pull was cancelled"
        }
    }

    private static func suggestions(installed: [String], pullable: [String]) -> String {
        var text = ""
        if !installed.isEmpty {
            text += "; in the store: " + installed.joined(separator: ", ")
        }
        if !pullable.isEmpty {
            text += "; `needletail pull NAME` knows: " + pullable.joined(separator: ", ")
        }
        return text
    }
}

/// Text from outside for a message: control characters escaped, and not too long.
private func printable(_ text: String) -> String {
    var result = ""
    for (index, scalar) in text.unicodeScalars.enumerated() {
        if index == 256 { return result + "…" }
        if scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value {
            result += "\\u{" + String(scalar.value, radix: 16) + "}"
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}

private func megabytes(_ byteCount: Int) -> String {
    "\((byteCount + 999_999) / 1_000_000) MB"
}
