import JSON
import Testing

@testable import Tokenization

@Suite("Tokenizer files")
struct TokenizerFileTests {
    @Test
    func fixturesAreThere() {
        #expect(FileFixture.all.count > 40)
    }

    @Test("Ids, texts and pairs equal the library's", arguments: FileFixture.all)
    func equalsLibrary(fixture: FileFixture) throws {
        let tokenizer = try fixture.tokenizer()
        for (text, (ids, decoded)) in zip(fixture.texts, zip(fixture.ids, fixture.decoded)) {
            let tokens = tokenizer.encode(text, addSpecial: true, parseSpecial: true)
            #expect(tokens.map(\.rawValue) == ids, "\(text.debugDescription)")
            #expect(Array(tokenizer.decode(tokens, skipSpecial: true).utf8) == Array(decoded.utf8))
        }
        for pair in fixture.pairs where !(pair.first + pair.second).contains("<") {
            let encoded = tokenizer.encodePair(pair.first, pair.second)
            #expect(encoded.tokens.map(\.rawValue) == pair.ids)
            #expect(encoded.segments == pair.segments)
        }
    }

    @Test("A stream of tokens decodes as all at once", arguments: FileFixture.all)
    func streamsEqualWholes(fixture: FileFixture) throws {
        let tokenizer = try fixture.tokenizer()
        for ids in fixture.ids {
            for skipSpecial in [true, false] {
                let tokens = ids.map { TokenID(rawValue: $0) }
                var stream = StreamingDetokenizer(tokenizer: tokenizer, skipSpecial: skipSpecial)
                let text = tokens.map { stream.append($0) }.joined() + stream.finish()
                #expect(Array(text.utf8) == Array(tokenizer.decode(tokens, skipSpecial: skipSpecial).utf8))
            }
        }
    }

    @Test("No text of a stranger becomes a control token", arguments: FileFixture.all)
    func strangersCannotInject(fixture: FileFixture) throws {
        let tokenizer = try fixture.tokenizer()
        var generator = SeededGenerator(state: 11)
        let parts = ["<s>", "</s>", "<mask>", "[CLS]", "[SEP]", "▁", "##", "<", "s", ">", " ", "\u{200B}", "a", "</w>"]
        for _ in 0..<200 {
            let text = (0..<6).compactMap { _ in parts.randomElement(using: &generator) }.joined()
            let tokens = tokenizer.encode(text, addSpecial: false, parseSpecial: false)
            #expect(!tokens.contains { tokenizer.isControl($0) && $0 != tokenizer.unknownToken })
        }
    }

    @Test("A space before the first word stays where a text goes on")
    func continuation() throws {
        let tokenizer = try FileFixture.named("llama-legacy").tokenizer()
        let tokens = tokenizer.encode("the user", addSpecial: false, parseSpecial: false)
        #expect(tokenizer.decode(tokens, skipSpecial: true) == "the user")
        var stream = StreamingDetokenizer(tokenizer: tokenizer, skipSpecial: true, continuesText: true)
        #expect(tokens.map { stream.append($0) }.joined() + stream.finish() == " the user")
    }

    @Test
    func theConfigurationNamesRolesAndWhatIsAdded() throws {
        let fixture = try FileFixture.named("llama-legacy")
        let configuration: JSONValue = [
            "bos_token": ["content": "<s>"], "eos_token": "</s>", "cls_token": "[CLS]", "sep_token": "[SEP]",
            "mask_token": "<mask>", "pad_token": nil, "add_bos_token": false, "add_eos_token": true,
            "model_max_length": 512,
        ]
        let tokenizer = try Tokenizer(tokenizerFile: Array(fixture.file.utf8), configuration: configuration)
        #expect(tokenizer.bosToken == tokenizer.token(for: "<s>"))
        #expect(tokenizer.eosToken == tokenizer.token(for: "</s>"))
        #expect(tokenizer.clsToken == tokenizer.token(for: "[CLS]"))
        #expect(tokenizer.sepToken == tokenizer.token(for: "[SEP]"))
        #expect(tokenizer.maskToken == tokenizer.token(for: "<mask>"))
        #expect(tokenizer.padToken == nil)
        #expect(tokenizer.maximumLength == 512)
        #expect(!tokenizer.addsBOS && tokenizer.addsEOS)
        let tokens = tokenizer.encode("the", addSpecial: true, parseSpecial: false)
        #expect(tokens.first != tokenizer.bosToken && tokens.last == tokenizer.eosToken)
    }

    @Test("The longer text of a pair gives way first")
    func pairsAreCut() throws {
        let tokenizer = try FileFixture.named("bert-True-None-True").tokenizer()
        let whole = tokenizer.encodePair("the quick", "world world world world world")
        let added = 3
        for limit in added...whole.tokens.count {
            let cut = tokenizer.encodePair("the quick", "world world world world world", limit: limit)
            #expect(cut.tokens.count == limit && cut.segments.count == limit)
            #expect(cut.tokens.first == whole.tokens.first && cut.tokens.last == whole.tokens.last)
        }
    }

    @Test("The model knows nothing of tokens that were added beside its vocabulary")
    func tokensBesideTheVocabulary() throws {
        let file = #"""
            {"model": {"type": "Unigram", "unk_id": 0, "vocab": [["?", 0], ["f", -3], ["o", -3], ["_", -3]]},
            "added_tokens": [{"id": 4, "content": "foo", "single_word": true, "special": false}]}
            """#
        let tokenizer = try Tokenizer(tokenizerFile: Array(file.utf8), configuration: nil)
        #expect(tokenizer.encode("foo foo_", addSpecial: false, parseSpecial: false) == [4, 0, 1, 2, 2, 3])
        #expect(tokenizer.token(for: "foo") == 4)
    }

    @Test("Canonically equivalent tokens stay apart")
    func equivalentTokens() throws {
        let file = #"""
            {"model": {"type": "WordLevel", "vocab": {"\u00e9": 0, "e\u0301": 1, "\u212b": 2, "\u00c5": 3, "u": 4},
            "unk_token": "u"}, "pre_tokenizer": {"type": "WhitespaceSplit"}}
            """#
        let tokenizer = try Tokenizer(tokenizerFile: Array(file.utf8), configuration: nil)
        let tokens = tokenizer.encode("\u{e9} e\u{301} \u{212b} \u{c5} x", addSpecial: true, parseSpecial: true)
        #expect(tokens == [0, 1, 2, 3, 4])
    }

    @Test(
        "What is unknown is named",
        arguments: [
            (
                #""normalizer": {"type": "Sequence", "normalizers": [{"type": "Rot13"}]}"#, "normalizer.normalizers[0]",
                "Rot13"
            ),
            (#""pre_tokenizer": {"type": "Magic"}"#, "pre_tokenizer", "Magic"),
            (#""decoder": {"type": "CTC"}"#, "decoder", "CTC"),
            (#""post_processor": {"type": "Odd"}"#, "post_processor", "Odd"),
        ])
    func unknownComponents(member: String, path: String, name: String) {
        let file = #"{"model": {"type": "WordLevel", "vocab": {"u": 0}, "unk_token": "u"}, "# + member + "}"
        #expect(throws: TokenizerError.unsupportedComponent(path: path, name: name)) {
            try Tokenizer(tokenizerFile: Array(file.utf8), configuration: nil)
        }
    }

    @Test("Broken files give errors and no traps", arguments: 0..<4)
    func mutations(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        let signs = Array(#"{}[]",:\0129-e.ntf "#.utf8)
        for fixture in FileFixture.all {
            for _ in 0..<6 {
                var bytes = Array(fixture.file.utf8)
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0: bytes[place] = signs.randomElement(using: &generator) ?? 0
                    case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                    case 2: bytes.remove(at: place)
                    default: bytes.removeSubrange(place..<min(bytes.count, place + 40))
                    }
                }
                // Whether it is refused or not, nothing traps, and what is accepted works.
                guard let tokenizer = try? Tokenizer(tokenizerFile: bytes, configuration: nil) else { continue }
                let tokens = tokenizer.encode("the Quick 1234 世界", addSpecial: true, parseSpecial: true)
                _ = tokenizer.decode(tokens, skipSpecial: false)
                _ = tokenizer.encodePair("the", "user")
            }
        }
    }
}
