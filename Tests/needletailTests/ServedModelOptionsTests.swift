import ArgumentParser
import Foundation
import InferenceService
import TestSupport
import Testing

@testable import needletail

@Suite struct ServedModelOptionsTests {
    @Test(arguments: [
        ("a=b", "a", "b"), ("org/a=/x/y.gguf", "org/a", "/x/y.gguf"), ("a=b=c", "a", "b=c"), ("a==", "a", "="),
    ])
    func theFirstSignDivides(text: String, name: String, value: String) throws {
        let named = try #require(NamedText(text))
        #expect((named.name, named.value) == (name, value))
    }

    @Test(arguments: ["", "a", "=", "a=", "=b"])
    func withoutTwoSidesThereIsNoName(text: String) {
        #expect(NamedText(text) == nil)
    }

    private func values(_ texts: String...) throws -> [NamedValue<ByteCount>] {
        try texts.map { try #require(NamedValue(argument: $0)) }
    }

    @Test func aValueIsForAllOrForOne() throws {
        let parts = try PerModel(values("2GiB", "b=512MiB"), models: ["a", "b"], option: "--kv-bytes")
        #expect(parts.others?.bytes == 2 << 30)
        #expect(parts.own.mapValues(\.bytes) == ["b": 512 << 20])
        let none = try PerModel(values(), models: ["a"], option: "--kv-bytes")
        #expect(none.others == nil && none.own.isEmpty)
    }

    @Test(arguments: [["1", "2"], ["a=1", "a=1"], ["c=1"]])
    func aValueForNobodyOrTwiceIsRefused(texts: [String]) throws {
        let values = try texts.map { try #require(NamedValue<Int>(argument: $0)) }
        #expect(throws: ValidationError.self) { try PerModel(values, models: ["a", "b"], option: "--context") }
    }

    @Test(arguments: ["", "a=", "a=x", "-", "=3"])
    func aValueMustBeReadable(text: String) {
        #expect(NamedValue<Int>(argument: text) == nil)
    }

    @Test func optionsMakeAConfiguration() throws {
        let folder = try TemporaryDirectory()
        let (first, second) = ("\(folder.path)/first.gguf", "\(folder.path)/x=y.gguf")
        for path in [first, second] { try #require(FileManager.default.createFile(atPath: path, contents: nil)) }
        let configuration = try ServedModelOptions.parse([
            "-m", first, "--model", "org/two=\(first)", "--model", second, "--alias", "gpt=org/two",
            "--context", "64", "--context", "org/two=32", "--kv-bytes", "first=1MiB", "--threads", "3",
        ]).configuration(version: "0")
        let plain = try ServedModelOptions.parse(["-m", first, "--generation-config", "none"])
        #expect(try !plain.configuration(version: "0").usesRecommendedSampling)
        #expect(configuration.models.map(\.name) == ["first", "org/two", "x=y"])
        #expect(configuration.models.map(\.path) == [first, first, second])
        #expect(configuration.models.map(\.contextLength) == [nil, 32, nil])
        #expect(configuration.models.map(\.cacheByteCount) == [1 << 20, nil, nil])
        #expect(configuration.aliases == [ModelAlias(name: "gpt", model: "org/two")])
        #expect(configuration.usesRecommendedSampling)
        #expect(configuration.contextLength == 64)
        #expect(configuration.cacheByteCount == nil)
        #expect(configuration.threads == 3)
    }
}
