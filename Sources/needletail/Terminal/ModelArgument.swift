import Glibc
import ModelCatalog

/// A model on the command line: its name in the store or the path of a file or folder, perhaps behind a name of its own
/// (`NAME=PATH`).
struct ModelArgument {
    /// The name that it is to have; nil means the store's or the file's.
    var name: String?
    var reference: String

    init(_ text: String) {
        // A file may have the sign in its own name.
        if let named = NamedText(text), access(text, F_OK) != 0 {
            (name, reference) = (named.name, named.value)
        } else {
            reference = text
        }
    }

    /// - Returns: the name that requests use, and the file or folder.
    func resolved() throws -> (name: String, path: String) {
        let location = try ModelStore.standard().resolve(reference)
        return (name ?? location.name, location.path)
    }
}
