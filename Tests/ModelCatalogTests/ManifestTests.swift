import Testing

@testable import ModelCatalog

@Suite struct ManifestTests {
    private static let digest = String(repeating: "a", count: 64)
    private static let text = """
        needletail-model 1
        source hf:o/r/f.gguf@main
        format gguf
        file \(digest) 12 f.gguf

        """

    @Test func isReadAsWritten() throws {
        let manifest = try #require(Manifest(text: Self.text))
        #expect(manifest.text == Self.text)
        #expect(manifest.entryPath == "f.gguf" && manifest.license == nil)
    }

    @Test func noPrefixIsAManifest() {
        for count in 0..<Self.text.utf8.count {
            #expect(Manifest(text: String(Self.text.prefix(count))) == nil)
        }
    }

    @Test(arguments: [
        ("needletail-model 1", "needletail-model 2"), ("format gguf", "format zip"), ("f.gguf\n", "../f.gguf\n"),
        (" f.gguf\n", " /f.gguf\n"), (" f.gguf\n", " a//f.gguf\n"), (" 12 ", " -1 "), (" 12 ", " twelve "),
        ("aaaa 12", "aaa 12"), ("format gguf", "format gguf\nlink ../../etc"), ("file", "nonsense"),
        ("source hf:o/r/f.gguf@main\n", ""),
    ])
    func forgeriesAreRefused(_ original: String, _ forged: String) {
        let text = Self.text.replacing(original, with: forged)
        #expect(text != Self.text && Manifest(text: text) == nil)
    }
}
