public import JSON

/// The settings of sentence-transformers, which say how a text's rows become one embedding.
///
/// `modules.json` lists stages by type and folder. The folders are plain names from a file, so they are checked like
/// the names of shards.
public struct SentenceModules: Sendable {
    /// One stage, in the order of use.
    public struct Module: Sendable {
        /// Last word of the class name: `Transformer`, `Pooling`, `Normalize`, `Dense`.
        public let type: String
        /// The folder of its files; empty for the model itself.
        public let folder: String
        /// `config.json` of that folder; nil without one.
        public let configuration: JSONValue?
        private let files: CheckpointFolder?

        fileprivate init(type: String, folder: String, files: CheckpointFolder?) throws(ModelFileError) {
            self.type = type
            self.folder = folder
            self.files = files
            configuration = try files?.json("config.json")
        }

        /// The tensors of its folder, in the form in which models have theirs; none without a folder.
        ///
        /// - Throws: ``ModelFileError``, also when a folder has no file of tensors.
        public func tensors() throws(ModelFileError) -> [StoredTensor] {
            guard let files else { return [] }
            return try CheckpointShards.open(files).flatMap(\.tensors)
        }
    }

    public let modules: [Module]
    /// `sentence_bert_config.json`: `max_seq_length`, `do_lower_case`; nil without the file.
    public let configuration: JSONValue?

    /// Whether texts are lower-cased before the tokeniser sees them, whatever that does.
    public var lowercasesTexts: Bool { configuration?["do_lower_case"]?.boolValue ?? false }

    /// Settings of the stage that makes one row of many; nil when no stage does.
    public var pooling: JSONValue? { modules.first { $0.type == "Pooling" }?.configuration }

    /// Whether the embedding is scaled to length 1 at the end.
    public var normalizes: Bool { modules.contains { $0.type == "Normalize" } }

    init?(_ folder: CheckpointFolder) throws(ModelFileError) {
        let name = "modules.json"
        guard let list = try folder.json(name) else { return nil }
        guard let entries = list.arrayValue else {
            throw .malformed(field: quoted(name), reason: "isn't a list of modules")
        }
        var modules: [Module] = []
        for entry in entries {
            guard let type = entry["type"]?.stringValue else {
                throw .malformed(field: quoted(name), reason: "a module has no 'type'")
            }
            let path = entry["path"]?.stringValue ?? ""
            var files: CheckpointFolder?
            if !path.isEmpty { files = CheckpointFolder(path: try folder.path(of: path, field: quoted(name))) }
            modules.append(
                try Module(type: String(type.split(separator: ".").last ?? ""), folder: path, files: files))
        }
        self.modules = modules
        configuration = try folder.json("sentence_bert_config.json")
    }
}
