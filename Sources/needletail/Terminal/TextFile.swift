import Foundation

/// A text that the user named by its path.
enum TextFile {
    /// The file's text; bytes that are not UTF-8 become U+FFFD.
    ///
    /// - Throws: `UnreadableFile`
    static func read(_ path: String) throws -> String {
        do {
            return String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        } catch {
            throw UnreadableFile(path: path, reason: error.localizedDescription)
        }
    }
}

struct UnreadableFile: Error, CustomStringConvertible {
    var path: String
    var reason: String
    var description: String { "cannot read \(path): \(reason)" }
}
