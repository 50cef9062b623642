import Glibc
import JSON

/// The folder of a checkpoint: hands out files by plain names and never looks anywhere else.
///
/// A name inside one of the files (a shard in the index) comes from a stranger and must be a plain name. Symbolic
/// links are the owner's own: the download cache of Hugging Face consists of them.
struct CheckpointFolder: Sendable {
    let path: String

    /// Where a file of that name is.
    ///
    /// - Throws: ``ModelFileError/malformed(field:reason:)`` for anything but a plain name; `field` says who named it.
    func path(of name: String, field: @autoclosure () -> String) throws(ModelFileError) -> String {
        let isPlain =
            !name.isEmpty && name.utf8.count <= 255 && name != "." && name != ".."
            && !name.unicodeScalars.contains { $0 == "/" || $0 == "\\" || $0.value < 0x20 || $0.value == 0x7F }
        guard isPlain else {
            throw .malformed(field: field(), reason: "\(quoted(name)) isn't a plain file name")
        }
        return "\(path)/\(name)"
    }

    func contains(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }

    /// The names in the folder, sorted.
    func names() throws(ModelFileError) -> [String] {
        guard let directory = opendir(path) else {
            throw .unreadable(path: path, reason: MappedFile.errorText(errno))
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            // SAFETY: `d_name` is a null-terminated string inside the entry, valid until the next `readdir`.
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names.sorted()
    }

    /// The value in a JSON file, or nil when there is no such file.
    ///
    /// - Parameter rejectsDuplicateKeys: false where the reference implementation lets the last one win.
    func json(
        _ name: String, limit: Int = CheckpointLimits.settingsByteCount, rejectsDuplicateKeys: Bool = false
    ) throws(ModelFileError) -> JSONValue? {
        guard let file = try file(name, limit: limit) else { return nil }
        do throws(JSONParseError) {
            return try withExtendedLifetime(file) { () throws(JSONParseError) in
                let limits = JSONLimits(
                    depth: CheckpointLimits.depth, rejectsDuplicateKeys: rejectsDuplicateKeys)
                return try JSONValue(parsing: file.bytes, limits: limits)
            }
        } catch {
            throw .malformed(field: quoted(name), reason: "isn't JSON: \(error)")
        }
    }

    /// A text file, or nil when there is no such file.
    func text(_ name: String, limit: Int) throws(ModelFileError) -> String? {
        guard let file = try file(name, limit: limit) else { return nil }
        let text = withExtendedLifetime(file) { String(validating: file.bytes, as: UTF8.self) }
        guard let text else { throw .malformed(field: quoted(name), reason: "isn't valid UTF-8") }
        return text
    }

    /// A file as it is, or nil when there is no such file.
    func bytes(_ name: String, limit: Int) throws(ModelFileError) -> [UInt8]? {
        guard let file = try file(name, limit: limit) else { return nil }
        return withExtendedLifetime(file) { Array(file.bytes) }
    }

    private func file(_ name: String, limit: Int) throws(ModelFileError) -> MappedFile? {
        guard contains(name) else { return nil }
        let file = try MappedFile(path: "\(path)/\(name)")
        guard file.byteCount <= limit else {
            throw .malformed(field: quoted(name), reason: "has \(file.byteCount) bytes, over the limit of \(limit)")
        }
        return file
    }
}
