import JSON
import OrderedCollections

/// Opens the files that hold a checkpoint's tensors: `model.safetensors`, or those that the index lists.
enum CheckpointShards {
    static let single = "model.safetensors"
    static let index = "model.safetensors.index.json"

    static func open(_ folder: CheckpointFolder) throws(ModelFileError) -> [SafetensorsFile] {
        if folder.contains(single) { return [try SafetensorsFile(path: "\(folder.path)/\(single)")] }
        guard
            let index = try folder.json(
                index, limit: CheckpointLimits.indexByteCount, rejectsDuplicateKeys: true)
        else {
            throw .notRecognised(reason: try missing(folder))
        }
        let map = try weightMap(index)
        let names = Set(map.values).sorted()
        guard names.count <= CheckpointLimits.shardCount else {
            throw .malformed(field: quoted(Self.index), reason: "names \(names.count) files")
        }
        try refuseSurplus(folder, named: names)
        var files: [SafetensorsFile] = []
        for name in names {
            files.append(try shard(name, folder))
        }
        try compare(map, files)
        return files
    }

    private static func weightMap(_ index: JSONValue) throws(ModelFileError) -> [String: String] {
        guard let members = index["weight_map"]?.objectValue, !members.isEmpty else {
            throw .malformed(field: quoted(Self.index), reason: "has no 'weight_map' that names the files")
        }
        var map: [String: String] = [:]
        for (tensor, file) in members {
            guard let name = file.stringValue else {
                throw .malformed(
                    field: quoted(Self.index), reason: "the file of tensor \(quoted(tensor)) isn't a string")
            }
            map[tensor] = name
        }
        return map
    }

    private static func shard(_ name: String, _ folder: CheckpointFolder) throws(ModelFileError) -> SafetensorsFile {
        let path = try folder.path(of: name, field: quoted(index))
        guard name.hasSuffix(".safetensors") else {
            throw .malformed(field: quoted(index), reason: "\(quoted(name)) isn't the name of a safetensors file")
        }
        guard folder.contains(name) else {
            throw .malformed(field: quoted(index), reason: "the file \(quoted(name)) is missing")
        }
        return try SafetensorsFile(path: path)
    }

    /// Each tensor of the index is in the file that it names, and each tensor of a file is in the index.
    private static func compare(_ map: [String: String], _ files: [SafetensorsFile]) throws(ModelFileError) {
        var found = 0
        for file in files {
            let name = String(file.path.split(separator: "/").last ?? "")
            for tensor in file.tensors {
                guard let expected = map[tensor.name] else {
                    throw .malformed(
                        field: quoted(index),
                        reason: "tensor \(quoted(tensor.name)) of \(quoted(name)) isn't listed")
                }
                guard expected == name else {
                    throw .malformed(
                        field: quoted(index),
                        reason: "tensor \(quoted(tensor.name)) is in \(quoted(name)), not in \(quoted(expected))")
                }
                found += 1
            }
        }
        guard found < map.count else { return }
        // A tensor can't be in two files without failing above, so some tensor is in none.
        for (tensor, name) in map.sorted(by: { $0.key < $1.key }) {
            let file = files.first { $0.path.hasSuffix("/" + name) }
            if file?.tensor(tensor) == nil {
                throw .malformed(
                    field: quoted(index), reason: "tensor \(quoted(tensor)) isn't in \(quoted(name))")
            }
        }
    }

    /// A numbered file that the index doesn't name means that the index belongs to another set of files.
    private static func refuseSurplus(_ folder: CheckpointFolder, named: [String]) throws(ModelFileError) {
        let known = Set(named)
        let surplus = try folder.names().first { isNumbered($0) && !known.contains($0) }
        if let surplus {
            throw .malformed(
                field: quoted(index), reason: "doesn't name the file \(quoted(surplus)) of the same folder")
        }
    }

    /// Whether a name has the form `model-00001-of-00002.safetensors`.
    private static func isNumbered(_ name: String) -> Bool {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "model" && parts[2] == "of" && parts[1].allSatisfy(\.isNumber)
            && parts[3].hasSuffix(".safetensors")
    }

    private static func missing(_ folder: CheckpointFolder) throws(ModelFileError) -> String {
        let names = try folder.names()
        if names.contains(where: isNumbered) {
            return "the folder has numbered safetensors files, but no \(index) that names them"
        }
        if names.contains(where: { $0.hasPrefix("pytorch_model") || $0.hasSuffix(".pt") || $0.hasSuffix(".pth") }) {
            return
                "the folder has pickled PyTorch weights only, which can run code when they are read: convert them to "
                + "safetensors"
        }
        return "the folder has neither \(single) nor \(index)"
    }
}
