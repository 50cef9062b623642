import Testing

@testable import InferenceService

@Suite struct ModelNamesTests {
    private func names(_ models: [String], _ aliases: [(String, String)] = []) throws(ModelNamesError) -> ModelNames {
        try ModelNames(models: models, aliases: aliases.map { ModelAlias(name: $0.0, model: $0.1) })
    }

    @Test func modelsAndAliasesLeadToModels() throws {
        let names = try names(["a", "org/b"], [("gpt", "org/b"), ("other", "a"), ("more", "org/b")])
        #expect(names.place(of: "a") == 0)
        #expect(names.place(of: "org/b") == 1)
        #expect(names.place(of: "gpt") == 1)
        #expect(names.place(of: "other") == 0)
        #expect(names.place(of: "more") == 1)
        for stranger in ["", "A", "b", "org", "org/b ", "../a"] { #expect(names.place(of: stranger) == nil) }
    }

    @Test func eachNameStandsForOneModel() {
        #expect(throws: ModelNamesError.noModels) { try names([]) }
        #expect(throws: ModelNamesError.duplicateModel("a")) { try names(["a", "b", "a"]) }
        #expect(throws: ModelNamesError.aliasIsModel("b")) { try names(["a", "b"], [("b", "a")]) }
        #expect(throws: ModelNamesError.aliasIsModel("a")) { try names(["a"], [("a", "a")]) }
        #expect(throws: ModelNamesError.duplicateAlias("x")) { try names(["a", "b"], [("x", "a"), ("x", "b")]) }
    }

    @Test(arguments: [[("x", "c")], [("x", "a"), ("y", "x")], [("x", "x")]])
    func anAliasStandsForAModelOnly(aliases: [(String, String)]) {
        let last = aliases[aliases.count - 1]
        #expect(throws: ModelNamesError.unknownTarget(ModelAlias(name: last.0, model: last.1), models: ["a"])) {
            try names(["a"], aliases)
        }
    }

    /// Names end up in requests, paths, labels and logs.
    @Test func namesAreWhatARequestCanHold() throws {
        for name in ["", "a b", "a\n", "a\u{85}", "\u{7F}", String(repeating: "n", count: 257)] {
            #expect(throws: ModelNamesError.unusable(name)) { try names([name]) }
            #expect(throws: ModelNamesError.unusable(name)) { try names(["a"], [(name, "a")]) }
        }
        _ = try names([String(repeating: "n", count: 256), "Llama-3.2:1B@q4", "modèle"])
    }
}
