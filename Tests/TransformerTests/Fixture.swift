import Foundation
import Kernels
import ModelFiles
import Testing

@testable import Transformer

/// A tiny model made by the reference library, with its logits (see scripts/fixtures).
struct Fixture: Sendable, CustomTestStringConvertible {
    let name: String

    static let all = ["llama", "qwen2", "qwen3"].map(Fixture.init)

    var testDescription: String { name }

    /// The tokens whose logits the fixture holds.
    var tokens: [Int32] {
        (0..<40).map { (index: Int32) -> Int32 in (7 * index * index + 13 * index + 5) % 256 }
    }

    static func directory() throws -> String {
        try #require(Bundle.module.resourcePath) + "/Fixtures"
    }

    func file() throws -> GGUFFile { try GGUFFile(path: "\(Self.directory())/\(name).gguf") }

    func model(
        kernels: KernelTable? = nil, threadCount: Int = 2, blockCount: Int? = nil
    ) throws -> TransformerModel {
        let kernels = try kernels ?? KernelTable.select(environment: nil)
        return try TransformerModel.load(
            file(),
            options: ModelOptions(
                pool: WorkerPool(threadCount: threadCount), kernels: kernels, blockCount: blockCount))
    }

    /// `[tokens][vocabulary]`
    func logits() throws -> [Float] {
        let data = try Data(contentsOf: URL(filePath: "\(Self.directory())/\(name).logits"))
        return data.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
    }
}

extension TransformerModel {
    /// The logits of one sequence, computed in chunks of the given lengths.
    func logits(of tokens: [Int32], chunks: [Int]? = nil, blocks: [Int32]? = nil) throws -> [Float] {
        let blocks = blocks ?? (0..<Int32(KeyValueLayout.blockCount(forTokens: tokens.count))).map { $0 }
        var logits: [Float] = []
        var first = 0
        for count in chunks ?? [tokens.count] {
            logits += try step([
                Segment(
                    tokens: Array(tokens[first..<first + count]), firstPosition: first, blockTable: blocks,
                    outputs: .all)
            ])
            first += count
        }
        return logits
    }
}
