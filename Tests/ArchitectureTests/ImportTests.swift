import Foundation
import Testing

/// Holds the sources against the table of targets in Docs/ARCHITECTURE.md.
@Suite struct ImportTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Target name to the targets that it may import, from the page's table.
    private func documentedImports() throws -> [String: Set<String>] {
        let page = try String(contentsOf: Self.root.appending(path: "Docs/ARCHITECTURE.md"), encoding: .utf8)
        var table: [String: Set<String>] = [:]
        for line in page.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard cells.count == 5 else { continue }
            let name = cells[1].split(separator: "`").first.map(String.init) ?? ""
            table[name] = Set(cells[3].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
        }
        return table
    }

    private func sourceFiles(of target: String) throws -> [URL] {
        let folder = Self.root.appending(path: "Sources/\(target)")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
    }

    @Test func everyImportPointsDown() throws {
        let table = try documentedImports()
        let targets = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Sources").path)
        #expect(table.count >= 15, "the table of targets was not found")
        for target in targets where target != "needletail" && target != "InferenceService" {
            let allowed = try #require(table[target], "\(target) is not in Docs/ARCHITECTURE.md")
            for file in try sourceFiles(of: target) {
                for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                    let words = line.split(separator: " ")
                    guard let keyword = words.firstIndex(of: "import"), keyword <= 1, words.count > keyword + 1 else {
                        continue
                    }
                    let imported = words[keyword + 1].split(separator: ".").first.map(String.init) ?? ""
                    guard targets.contains(imported) else { continue }
                    #expect(allowed.contains(imported), "\(file.lastPathComponent) imports \(imported)")
                }
            }
        }
    }

    /// A file that nobody can hold in mind is two files.
    @Test func filesStaySmall() throws {
        for target in try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Sources").path) {
            for file in try sourceFiles(of: target) {
                let lines = try String(contentsOf: file, encoding: .utf8).split(
                    separator: "\n", omittingEmptySubsequences: false)
                #expect(lines.count <= 420, "\(target)/\(file.lastPathComponent) has \(lines.count) lines")
                let longest = lines.map(\.count).max() ?? 0
                #expect(longest <= 140, "\(target)/\(file.lastPathComponent) has a line of \(longest) characters")
            }
        }
    }
}
