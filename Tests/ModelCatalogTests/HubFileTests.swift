import Testing

@testable import ModelCatalog

@Suite struct HubFileTests {
    @Test(arguments: [
        "hf:", "hf:owner/repo", "hf:owner/repo/", "hf:owner/repo/x.bin", "hf:../repo/x.gguf", "hf:owner/repo/../x.gguf",
        "hf:owner//x.gguf", "hf:owner/repo/x.gguf@", "hf:owner/repo/x.gguf@a/b", "hf:owner/repo/x.gguf@..",
        "hf:owner/repo/x?y.gguf", "hf:owner/repo/-x.gguf", "hf:owner/repo/a b.gguf",
    ])
    func referencesThatMakeNoSenseAreRefused(_ reference: String) {
        let error = #expect(throws: ModelCatalogError.self) { try HubFile(reference) }
        #expect(error?.description.hasPrefix("can't pull") == true)
    }

    @Test(arguments: [
        "http://example.com", "ftp://127.0.0.1", "http://127.0.0.1.example.com", "http://localhost@example.com",
        "file:///",
    ])
    func onlyLoopbackMayDoWithoutTLS(_ endpoint: String) throws {
        let file = try HubFile("hf:owner/repo/m.gguf")
        #expect(throws: ModelCatalogError.self) { try file.url(endpoint: endpoint) }
        #expect(try file.url(endpoint: "https://example.com/") == "https://example.com/owner/repo/resolve/main/m.gguf")
        #expect(try file.url(endpoint: "http://[::1]:80").hasPrefix("http://[::1]:80/owner/"))
    }

    @Test func descriptionsComeFromTheHeadersOfTheHub() {
        let digest = String(repeating: "Ab", count: 32)
        let headers =
            "HTTP/2 302\r\nContent-Length: 5\r\nx-linked-size: 98362432\r\nX-Linked-Etag: \"\(digest)\"\r\n\r\n"
        #expect(
            HubDownload.description(headers: headers)
                == .init(sha256: digest.lowercased(), byteCount: 98_362_432))
        #expect(HubDownload.description(headers: "x-linked-etag: W/\"abc\"\r\nx-linked-size: -1\r\n") == .init())
    }
}
