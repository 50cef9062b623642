import ModelFiles
import TestSupport
import Testing

/// Broken files may be refused or accepted, but never crash the process and never read outside the file: the bytes
/// lie against an unreadable page.
@Suite struct SafetensorsFuzzTests {
    private static var sample: [UInt8] {
        RawSafetensors.file([
            .init("model.embed_tokens.weight", "BF16", [4, 8], data: [UInt8](repeating: 3, count: 64)),
            .init("model.norm.weight", "F32", [8], data: [UInt8](repeating: 1, count: 32)),
            .init("position_ids", "I64", [1, 2], data: [UInt8](repeating: 0, count: 16)),
            .init("empty", "F16", [0, 3], data: []),
            .init("scale", "F16", [], data: [0, 0x3C]),
        ])
    }

    /// Looks at everything that an accepted file offers.
    private static func walk(_ file: SafetensorsFile) -> Int {
        withExtendedLifetime(file) {
            file.tensors.reduce(0) { sum, tensor in
                sum &+ tensor.bytes.reduce(0) { $0 &+ Int($1) } &+ tensor.elementCount &+ tensor.rowByteCount
            }
        }
    }

    @Test func `every prefix is refused`() throws {
        let bytes = Self.sample
        #expect(Self.walk(try SafetensorsFile(bytes: bytes)) > 0)
        for count in 0..<bytes.count {
            #expect(throws: ModelFileError.self) { try SafetensorsFile(bytes: Array(bytes.prefix(count))) }
        }
    }

    @Test func `every single byte may be anything`() throws {
        let bytes = Self.sample
        var accepted = 0
        for index in bytes.indices {
            for value: UInt8 in [0, 1, 0x22, 0x2C, 0x30, 0x39, 0x5B, 0x5C, 0x7B, 0x7D, 0x80, 0xFF]
            where bytes[index] != value {
                var mutated = bytes
                mutated[index] = value
                if let file = try? SafetensorsFile(bytes: mutated) {
                    accepted += 1
                    _ = Self.walk(file)
                }
            }
        }
        #expect(accepted > 0)  // Otherwise nothing was walked and the test shows little.
    }

    @Test(arguments: 0..<8)
    func `many mutations at once`(_ seed: UInt64) throws {
        let bytes = Self.sample
        var random = SplitMix64(state: seed)
        for _ in 0..<4_000 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                mutate(&mutated, using: &random)
            }
            // A header whose length is wrong is refused before it is read: most mutations must get further.
            if mutated.count > 8, Bool.random(using: &random) {
                let length = min(mutated.count - 8, bytes.count - 8 - 114 + mutated.count - bytes.count)
                mutated.replaceSubrange(0..<8, with: le(UInt64(max(0, length))))
            }
            if let file = try? SafetensorsFile(bytes: mutated) {
                _ = Self.walk(file)
            }
        }
    }
}
