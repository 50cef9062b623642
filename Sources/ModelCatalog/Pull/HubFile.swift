/// A GGUF file in a repository on Hugging Face, or on a mirror with the same addresses.
///
/// Written `hf:OWNER/REPO/FILE.gguf` or `hf:OWNER/REPO/FOLDER/FILE.gguf`, with `@REVISION` (a branch, tag or commit)
/// at the end where it isn't `main`.
struct HubFile: Equatable {
    static let prefix = "hf:"

    var owner: String
    var repository: String
    var path: String
    var revision: String

    init(_ reference: String) throws(ModelCatalogError) {
        guard reference.hasPrefix(Self.prefix) else {
            throw .invalidReference(reference, reason: "it doesn't start with \(Self.prefix)")
        }
        let parts = reference.dropFirst(Self.prefix.count).split(
            separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let components = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        guard components.count >= 3 else {
            throw .invalidReference(reference, reason: "it must look like hf:OWNER/REPO/FILE.gguf")
        }
        let revision = parts.count > 1 ? parts[1] : "main"
        guard components.allSatisfy(ModelName.isPlain), ModelName.isPlain(revision) else {
            throw .invalidReference(
                reference, reason: "each part must be a plain name of letters, digits, '.', '_' and '-'")
        }
        guard parts[0].hasSuffix(".gguf") else {
            throw .invalidReference(reference, reason: "only .gguf files can be pulled from there")
        }
        owner = String(components[0])
        repository = String(components[1])
        path = components.dropFirst(2).joined(separator: "/")
        self.revision = String(revision)
    }

    var source: String { "\(Self.prefix)\(owner)/\(repository)/\(path)@\(revision)" }

    /// The file's own name, without folders.
    var fileName: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The address to download from.
    ///
    /// - Parameter endpoint: must be HTTPS, except on this machine.
    func url(endpoint: String) throws(ModelCatalogError) -> String {
        let base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        guard base.hasPrefix("https://") || Self.isLoopback(base) else {
            throw .invalidReference(source, reason: "the endpoint '\(endpoint)' isn't an https:// address")
        }
        // Plain names need no percent encoding.
        return "\(base)/\(owner)/\(repository)/resolve/\(revision)/\(path)"
    }

    static func isLoopback(_ endpoint: String) -> Bool {
        guard endpoint.hasPrefix("http://") else { return false }
        let authority = endpoint.dropFirst("http://".count).prefix { $0 != "/" }
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        return ["localhost", "127.0.0.1", "[::1]"].contains(host) && !authority.contains("@")
    }
}
