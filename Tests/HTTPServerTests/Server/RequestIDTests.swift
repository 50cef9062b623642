import Testing

@testable import HTTPServer

@Suite struct RequestIDTests {
    @Test(arguments: ["a", "req_1.2-3", String(repeating: "x", count: 128)])
    func harmlessIDsAreKept(id: String) {
        #expect(RequestIDGenerator.accepted(id) == id)
    }

    @Test(arguments: [nil, "", "a b", "a\r\nb", "é", "a/b", "a~b", "<x>", String(repeating: "x", count: 129)])
    func othersAreReplaced(id: String?) {
        #expect(RequestIDGenerator.accepted(id) == nil)
    }

    @Test func newIDsDifferAndPassTheirOwnCheck() {
        let generator = RequestIDGenerator()
        let ids = (0..<1000).map { _ in generator.next() }
        #expect(Set(ids).count == 1000)
        #expect(
            ids.allSatisfy { RequestIDGenerator.accepted($0) != nil && $0.utf8.count == 36 && $0.hasPrefix("req_") })
    }
}
