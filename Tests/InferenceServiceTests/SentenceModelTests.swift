import Foundation
import JSON
import Kernels
import ModelFiles
import TestSupport
import Testing
import Transformer

@testable import InferenceService

/// Folders of sentence-transformers give the vectors that the library gives.
@Suite struct SentenceModelTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures/Sentences")

    private func open(_ path: String) throws(ModelLoadFailure) -> OpenedModel {
        try ModelLoader(pool: WorkerPool(threadCount: 1), quantization: .asStored).open(path)
    }

    /// The fixture's texts and the library's vectors of them.
    private func expected(_ name: String) throws -> [(text: String, vector: [Float])] {
        let file = try Data(contentsOf: Self.fixtures.appending(path: "\(name)/expected.json"))
        let json = try JSONValue(parsing: Array(file))
        let texts = json["texts"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let vectors = json["vectors"]?.arrayValue ?? []
        return zip(texts, vectors).map { text, vector in
            (text: text, vector: (vector.arrayValue ?? []).compactMap { $0.doubleValue.map { Float($0) } })
        }
    }

    @Test(arguments: ["tanh", "chain", "lowercase"])
    func vectorsPassTheLayersBehindThePooling(name: String) async throws {
        let embedder = try TextEmbedder(open(Self.fixtures.appending(path: name).path), truncates: false)
        for (text, vector) in try expected(name) {
            let found = try await embedder.vector(of: text)
            #expect(found.count == vector.count && embedder.length == vector.count)
            // Keys and values have 16 bits.
            let difference = zip(found, vector).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
            #expect(difference < 1e-4 * (vector.map(abs).max() ?? 0), "\(text): \(difference)")
        }
    }

    // MARK: Layers

    /// A layer of whole numbers, whose sums are exact.
    private func layer(_ inputs: Int, _ outputs: Int) -> DenseStage {
        DenseStage(
            weights: (0..<inputs * outputs).map { Float($0 % 7 - 3) }, bias: (0..<outputs).map { Float($0) },
            inputLength: inputs, outputLength: outputs, activation: .relu)
    }

    @Test(arguments: [(1, 1), (3, 15), (16, 16), (5, 17), (40, 33)])
    func aLayerIsItsFormula(inputs: Int, outputs: Int) {
        let layer = layer(inputs, outputs)
        let vectors = (0..<3).map { number in (0..<inputs).map { Float(($0 * 5 + number) % 9 - 4) } }
        let expected = vectors.map { vector in
            (0..<outputs).map { output in
                let sum = (0..<inputs).reduce(Float(output)) {
                    $0 + Float((output * inputs + $1) % 7 - 3) * vector[$1]
                }
                return max(0, sum)
            }
        }
        #expect(layer.apply(to: vectors) == expected)
        #expect(vectors.flatMap { layer.apply(to: [$0]) } == expected)
    }

    @Test func dimensionsCountTheLastLayersNumbers() throws {
        let embedding = TextAbilities.Embedding(
            pooling: .mean, stages: [layer(2, 3), layer(3, 5)], isNormalized: false, length: 5)
        let whole = try embedding.vectors([[1, 2]], dimensions: nil)[0]
        #expect(whole == layer(3, 5).apply(to: layer(2, 3).apply(to: [[1, 2]]))[0])
        let short = try embedding.vectors([[1, 2]], dimensions: 4)[0]
        #expect(short == TextAbilities.Embedding.normalized(Array(whole.prefix(4))))
    }

    @Test func aFolderWithLayersBehindThePoolingHasNoFormInGGUF() throws {
        let checkpoint = try Checkpoint(directory: Self.fixtures.appending(path: "tanh").path)
        #expect(throws: UnsupportedStage.self) { try CheckpointConversion(checkpoint, name: "tanh") }
    }

    @Test func aLayerWithoutSafetensorsIsNamed() throws {
        let copy = try TemporaryDirectory()
        let target = URL(filePath: copy.path).appending(path: "model")
        try FileManager.default.copyItem(at: Self.fixtures.appending(path: "tanh"), to: target)
        let layer = target.appending(path: "2_Dense")
        try FileManager.default.moveItem(
            at: layer.appending(path: "model.safetensors"), to: layer.appending(path: "pytorch_model.bin"))
        let model = try open(target.path)
        let error = #expect(throws: ModelLoadError.self) { try TextAbilities(model) }
        #expect(error?.description.hasPrefix("2_Dense: the folder has pickled PyTorch weights only") == true)
    }

    // MARK: Broken folders

    /// What a fixture with a change of one of its files is refused with.
    private func failure(_ file: String, _ change: (inout String) -> Void) throws -> String? {
        let copy = try TemporaryDirectory()
        let target = URL(filePath: copy.path).appending(path: "model")
        try FileManager.default.copyItem(at: Self.fixtures.appending(path: "chain"), to: target)
        let path = target.appending(path: file)
        // Latin 1 keeps the bytes of tensors.
        var text = try #require(String(data: Data(contentsOf: path), encoding: .isoLatin1))
        change(&text)
        try #require(text.data(using: .isoLatin1)).write(to: path)
        do {
            _ = try TextAbilities(open(target.path))
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func weightsThatAreNoNumbersAreNamed() throws {
        // The last numbers of the file are a tensor's.
        let reason = try failure("2_Dense/model.safetensors") { text in
            text.replaceSubrange(text.index(text.endIndex, offsetBy: -4)..., with: "\u{0}\u{0}\u{C0}\u{7F}")
        }
        #expect(reason?.contains("2_Dense/linear.") == true && reason?.contains("finite") == true, "\(reason ?? "nil")")
    }

    @Test func resultsThatAreNoNumbersFail() {
        let stage = DenseStage(
            weights: [.greatestFiniteMagnitude], bias: [], inputLength: 1, outputLength: 1, activation: .identity)
        let embedding = TextAbilities.Embedding(pooling: .mean, stages: [stage], isNormalized: true, length: 1)
        #expect { try embedding.vectors([[2]], dimensions: nil) } throws: { "\($0)".contains("not numbers") }
    }

    @Test(arguments: [
        ("2_Dense/config.json", #""in_features": 16"#, #""in_features": 15"#, "2_Dense/config.json: in_features"),
        ("3_Dense/config.json", #""out_features": 19"#, #""out_features": 18"#, "'3_Dense/linear.weight'"),
        ("2_Dense/config.json", #""out_features": 24"#, #""out_features": -1"#, "2_Dense/config.json: out_features"),
        ("2_Dense/config.json", #""bias": true"#, #""bias": false"#, "'2_Dense/linear.bias'"),
        ("3_Dense/config.json", #""bias": false"#, #""bias": true"#, "'3_Dense/linear.bias' is missing"),
        ("2_Dense/config.json", "activation.GELU", "activation.Softplus", "2_Dense/config.json: activation_function"),
        ("2_Dense/config.json", "torch.nn.modules", "mine", "2_Dense/config.json: activation_function"),
        ("2_Dense/config.json", "sentence_embedding", "token_embeddings", "2_Dense/config.json: module_input_name"),
        ("2_Dense/config.json", #""bias": true"#, #""use_residual": true"#, "2_Dense/config.json: use_residual"),
        ("2_Dense/model.safetensors", "linear.weight", "linear.weighs", "'2_Dense/linear.weight' is missing"),
        ("modules.json", "2_Dense", "", "has no folder"),
        ("modules.json", "2_Dense", "9_Dense", "in_features"),
        ("modules.json", "dense.Dense", "dense.LayerNorm", "the stage 'LayerNorm'"),
        ("modules.json", "pooling.Pooling", "normalize.Normalize", "the stage 'Dense' must stand between"),
    ])
    func whatIsWrongIsNamed(file: String, old: String, new: String, words: String) throws {
        #expect(try failure(file) { _ in } == nil)
        let reason = try #require(
            try failure(file) { text in
                if let range = text.range(of: old) { text.replaceSubrange(range, with: new) }
            })
        #expect(reason.contains(words), "\(reason)")
    }
}
