import Foundation

/// A part of a document that follows from the code, between two lines that mark it.
///
/// Tests compare; `make documents` sets `NEEDLETAIL_WRITE_DOCUMENTS`, and then they write.
struct GeneratedSection {
    let file: URL
    /// The marks, without the margin before them.
    let begin: String
    let end: String

    private static let writes = ProcessInfo.processInfo.environment["NEEDLETAIL_WRITE_DOCUMENTS"] != nil

    /// Whether the document says just these lines between its marks.
    func holds(_ lines: [String]) throws -> Bool {
        var document = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
        func isMark(_ text: String) -> (String) -> Bool { { $0.trimmingCharacters(in: .whitespaces) == text } }
        guard let first = document.firstIndex(where: isMark(begin)),
            let last = document[first...].firstIndex(where: isMark(end))
        else { throw MissingMark(file: file, mark: begin) }
        if Self.writes {
            document.replaceSubrange((first + 1)..<last, with: lines)
            try document.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
            return true
        }
        return Array(document[(first + 1)..<last]) == lines
    }

    struct MissingMark: Error {
        var file: URL
        var mark: String
    }
}
