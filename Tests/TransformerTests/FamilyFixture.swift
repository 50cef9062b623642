import Foundation
import Kernels
import ModelFiles
import Testing

@testable import Transformer

/// A tiny model of one family in the forms in which its files come, with the reference library's results (see
/// scripts/fixtures).
struct FamilyFixture: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let task: String
    let gguf: Bool
    let expected: [Expectation]

    struct Expectation: Decodable {
        let prompt: String
        let kind: String
        /// Of the first number of the first row, in floats.
        let offset: Int
        let columns: Int
        let rows: [Int]?
        let greedy: [Int32]?
        let types: [Int32]?
    }

    struct Manifest: Decodable {
        let prompts: [String: [Int32]]
        let fixtures: [FamilyFixture]
    }

    static let manifest: Manifest = {
        do {
            let data = try Data(contentsOf: URL(filePath: Fixture.directory() + "/Families/manifest.json"))
            return try JSONDecoder().decode(Manifest.self, from: data)
        } catch {
            preconditionFailure("the manifest of the families' fixtures: \(error)")
        }
    }()

    /// Language models that see what came before.
    static let decoders = manifest.fixtures.filter { $0.task == "causal" }

    var testDescription: String { name }

    static func tokens(_ prompt: String) throws -> [Int32] { try #require(manifest.prompts[prompt]) }

    static func named(_ name: String) throws -> FamilyFixture {
        try #require(manifest.fixtures.first { $0.name == name })
    }

    /// The model as a checkpoint and, where there is one, as a GGUF file.
    func sources() throws -> [ModelSource] {
        let directory = try Fixture.directory() + "/Families/\(name)"
        let checkpoint = try ModelSource.open(path: directory + "/checkpoint")
        return gguf ? [checkpoint, try ModelSource.open(path: directory + "/model.gguf")] : [checkpoint]
    }

    static func load(
        _ source: ModelSource, kernels: KernelTable? = nil, threadCount: Int = 2, blockCount: Int? = nil,
        quantization: WeightFormat? = nil
    ) throws -> TransformerModel {
        let override = ProcessInfo.processInfo.environment["NEEDLETAIL_KERNELS"]
        let options = ModelOptions(
            pool: WorkerPool(threadCount: threadCount), kernels: try kernels ?? .select(environment: override),
            blockCount: blockCount, quantization: quantization)
        return try TransformerModel.load(source, options: options)
    }

    /// The rows of an expectation, one after another.
    func values(_ expectation: Expectation) throws -> [Float] {
        let directory = try Fixture.directory() + "/Families/\(name)"
        let data = try Data(contentsOf: URL(filePath: directory + "/expected.f32"))
        let count = (expectation.rows?.count ?? 1) * expectation.columns
        return data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
            (0..<count).map {
                let place = 4 * (expectation.offset + $0)
                return Float(
                    bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
            }
        }
    }
}
