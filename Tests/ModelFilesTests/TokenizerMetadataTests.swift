import ModelFiles
import Testing

@Suite struct TokenizerMetadataTests {
    private static func valid() -> GGUFWriter {
        var writer = GGUFWriter()
        writer["tokenizer.ggml.model"] = .string("gpt2")
        writer["tokenizer.ggml.pre"] = .string("smollm")
        writer["tokenizer.ggml.tokens"] = .array(GGUFArray(["a", "b", "ab", "<|end|>"]))
        writer["tokenizer.ggml.token_type"] = .array(GGUFArray([1, 6, 4, 3] as [Int32]))
        writer["tokenizer.ggml.merges"] = .array(GGUFArray(["a b"]))
        writer["tokenizer.ggml.bos_token_id"] = .uint32(0)
        writer["tokenizer.ggml.eos_token_id"] = .uint32(3)
        writer["tokenizer.ggml.add_bos_token"] = .bool(false)
        writer["tokenizer.chat_template"] = .string("{{ x }}")
        writer["tokenizer.chat_template.tool_use"] = .string("{{ y }}")
        return writer
    }

    private func read(_ change: (inout GGUFWriter) -> Void = { _ in }) throws -> TokenizerMetadata {
        var writer = Self.valid()
        change(&writer)
        return try TokenizerMetadata(GGUFFile(bytes: writer.encoded()).metadata)
    }

    @Test func readsWhatTheFileSays() throws {
        let tokenizer = try read()
        #expect(tokenizer.model == "gpt2" && tokenizer.pre == "smollm")
        #expect(tokenizer.tokens == ["a", "b", "ab", "<|end|>"])
        #expect(tokenizer.kinds == [.normal, .byte, .userDefined, .control])
        #expect(tokenizer.merges == ["a b"] && tokenizer.scores == nil)
        #expect(tokenizer.special.bos == 0 && tokenizer.special.eos == 3 && tokenizer.special.padding == nil)
        #expect(tokenizer.addsBOS == false && tokenizer.addsEOS == nil && tokenizer.addsSpacePrefix == nil)
        #expect(tokenizer.chatTemplate == "{{ x }}")
        #expect(tokenizer.namedChatTemplates == ["tool_use": "{{ y }}"])
    }

    @Test(arguments: [
        ("tokenizer.ggml.model", nil, "is missing"),
        ("tokenizer.ggml.tokens", nil, "is missing"),
        ("tokenizer.ggml.tokens", GGUFValue.array(GGUFArray([] as [String])), "the list is empty"),
        ("tokenizer.ggml.tokens", .array(GGUFArray([1] as [Int32])), "arr[i32]"),
        ("tokenizer.ggml.token_type", .array(GGUFArray([1, 1] as [Int32])), "has 2 elements for 4 tokens"),
        ("tokenizer.ggml.token_type", .array(GGUFArray([1, 1, 1, 9] as [Int32])), "element 3 is 9"),
        ("tokenizer.ggml.scores", .array(GGUFArray([1] as [Float])), "has 1 elements for 4 tokens"),
        ("tokenizer.ggml.scores", .array(GGUFArray([0, .nan, 0, 0] as [Float])), "element 1 isn't a number"),
        ("tokenizer.ggml.merges", .array(GGUFArray(["a b", "ab"])), "element 1, 'ab', isn't a pair"),
        ("tokenizer.ggml.eos_token_id", .uint32(4), "4 isn't one of the 4 tokens"),
        ("tokenizer.ggml.eos_token_id", .int32(-2), "-2 isn't one of the 4 tokens"),
        ("tokenizer.ggml.eos_token_id", .string("3"), "must hold an integer"),
        ("tokenizer.ggml.precompiled_charsmap", .array(GGUFArray([256] as [UInt32])), "256 isn't a byte"),
    ])
    func refuses(_ key: String, _ value: GGUFValue?, _ complaint: String) throws {
        let error = #expect(throws: ModelFileError.self) { try read { $0[key] = value } }
        let message = try #require(error).description
        #expect(message.contains(key) && message.contains(complaint), "the message was: \(message)")
    }

    @Test func anIDOfMinusOneMeansNone() throws {
        let tokenizer = try read {
            $0["tokenizer.ggml.padding_token_id"] = .uint32(.max)
            $0["tokenizer.ggml.mask_token_id"] = .int32(-1)
        }
        #expect(tokenizer.special.padding == nil && tokenizer.special.mask == nil)
    }
}
