import Testing

@testable import Kernels

@Suite struct ProcessorTests {
    @Test func theFirstModelNameCounts() {
        let text =
            "processor\t: 0\nvendor_id\t: X\nmodel name\t: Some CPU: 4 GHz \n\nprocessor\t: 1\nmodel name\t: Other\n"
        #expect(Processor.modelName(in: text) == "Some CPU: 4 GHz")
        #expect(Processor.modelName(in: "processor: 0\nHardware : Board\nModel : Machine\n") == "Machine")
        #expect(Processor.modelName(in: "processor: 0\nmodel name :\n") == nil)
        #expect(Processor.modelName(in: "") == nil)
        #expect(!Processor.name.isEmpty)
    }

    @Test(
        arguments: [
            ("32768K\n", 32 << 20), ("32M", 32 << 20), ("0K", 0), ("", nil), ("K", nil), ("12", nil), ("-1K", nil),
            ("99999999999999K", nil),
        ] as [(String, Int?)])
    func cacheSizes(_ text: String, _ expected: Int?) {
        #expect(Processor.byteCount(inCacheSize: text) == expected)
    }
}
