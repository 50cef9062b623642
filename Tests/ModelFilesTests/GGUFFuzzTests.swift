import ModelFiles
import TestSupport
import Testing

/// Broken files may be refused or accepted, but never crash the process and never read outside the file: the bytes
/// lie against an unreadable page.
@Suite struct GGUFFuzzTests {
    private static func sample() throws -> [UInt8] {
        var writer = GGUFWriter()
        writer["general.architecture"] = .string("llama")
        writer["llama.block_count"] = .uint32(2)
        writer["llama.rope.freq_base"] = .float32(10_000)
        writer["general.flag"] = .bool(true)
        writer["tokenizer.ggml.model"] = .string("gpt2")
        writer["tokenizer.ggml.tokens"] = .array(GGUFArray(["a", "b", "ab", "<s>"]))
        writer["tokenizer.ggml.merges"] = .array(GGUFArray(["a b"]))
        writer["tokenizer.ggml.token_type"] = .array(GGUFArray([1, 1, 1, 3] as [Int32]))
        writer["tokenizer.ggml.scores"] = .array(GGUFArray([0, -1, -2, -3] as [Float]))
        writer["tokenizer.ggml.bos_token_id"] = .uint32(3)
        writer["tokenizer.chat_template"] = .string("{{ messages }}")
        try writer.add("token_embd.weight", .q8_0, shape: [32, 4], bytes: [UInt8](repeating: 1, count: 4 * 34))
        try writer.add("output_norm.weight", shape: [32], floats: [Float](repeating: 1, count: 32))
        return try writer.encoded()
    }

    /// Looks at everything that an accepted file offers.
    private static func walk(_ file: GGUFFile) -> Int {
        var sum = 0
        for key in file.metadata.keys {
            if case .array(let array)? = file.metadata[key] {
                sum &+= array.prefix(3).count
                sum &+= (try? array.strings())?.count ?? 0
                sum &+= array.integers()?.count ?? 0
            }
        }
        for tensor in file.tensors {
            sum &+= tensor.bytes.reduce(0) { $0 &+ Int($1) }
        }
        sum &+= (try? TokenizerMetadata(file.metadata))?.tokens.count ?? 0
        return withExtendedLifetime(file) { sum }
    }

    @Test func everyPrefixIsRefused() throws {
        let bytes = try Self.sample()
        #expect(Self.walk(try GGUFFile(bytes: bytes)) > 0)
        for count in 0..<bytes.count {
            #expect(throws: ModelFileError.self) { try GGUFFile(bytes: Array(bytes.prefix(count))) }
        }
    }

    @Test func everySingleByteMayBeAnything() throws {
        let bytes = try Self.sample()
        var accepted = 0
        for index in bytes.indices {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] where bytes[index] != value {
                var mutated = bytes
                mutated[index] = value
                if let file = try? GGUFFile(bytes: mutated) {
                    accepted += 1
                    _ = Self.walk(file)
                }
            }
        }
        #expect(accepted > 0)  // Otherwise nothing was walked and the test shows little.
    }

    @Test(arguments: 0..<8)
    func manyMutationsAtOnce(_ seed: UInt64) throws {
        let bytes = try Self.sample()
        var random = SplitMix64(state: seed)
        for _ in 0..<2_000 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                mutate(&mutated, using: &random)
            }
            if let file = try? GGUFFile(bytes: mutated) {
                _ = Self.walk(file)
            }
        }
    }
}
