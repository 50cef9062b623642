import Foundation
import Kernels
import ModelFiles
import Testing

@testable import Transformer

/// A tiny model made by the reference library, with its logits (see scripts/fixtures).
struct Fixture: Sendable, CustomTestStringConvertible {
    let name: String

    /// F32 weights, a family each.
    static let exact = ["llama", "qwen2", "qwen3", "gemma3", "starcoder2"].map(Fixture.init)
    /// Q4_1 and Q8_0 weights, as real files have them: products round their input to 8 bits.
    static let quantised = Fixture(name: "llama-quantised")
    static let all = exact + [quantised]

    var testDescription: String { name }
    var architecture: String { name.split(separator: "-").first.map(String.init) ?? name }

    /// The tokens whose logits the fixture holds.
    var tokens: [Int32] {
        (0..<40).map { (index: Int32) -> Int32 in (7 * index * index + 13 * index + 5) % 256 }
    }

    static func directory() throws -> String {
        try #require(Bundle.module.resourcePath) + "/Fixtures"
    }

    func file() throws -> GGUFFile { try GGUFFile(path: "\(Self.directory())/\(name).gguf") }

    func model(
        kernels: KernelTable? = nil, threadCount: Int = 2, blockCount: Int? = nil, cacheType: CacheType = .f16
    ) throws -> TransformerModel {
        try Self.model(
            file(), kernels: kernels, threadCount: threadCount, blockCount: blockCount, cacheType: cacheType)
    }

    static func model(
        _ file: GGUFFile, kernels: KernelTable? = nil, threadCount: Int = 1, blockCount: Int? = nil,
        cacheType: CacheType = .f16
    ) throws -> TransformerModel {
        let override = ProcessInfo.processInfo.environment["NEEDLETAIL_KERNELS"]
        let kernels = try kernels ?? KernelTable.select(environment: override)
        let pool = WorkerPool(threadCount: threadCount)
        return try TransformerModel.load(
            .gguf(file),
            options: ModelOptions(pool: pool, kernels: kernels, blockCount: blockCount, cacheType: cacheType))
    }

    /// The fixture's file with other metadata (a full key, or one below the architecture's name) or other tensors.
    func file(
        setting key: String? = nil, to value: GGUFValue? = nil, dropping dropped: String? = nil,
        adding added: [(name: String, shape: [Int], floats: [Float])] = []
    ) throws -> GGUFFile {
        let original = try file()
        var writer = GGUFWriter()
        for key in original.metadata.keys { writer[key] = original.metadata[key] }
        if let key { writer[key.hasPrefix("general.") ? key : "\(architecture).\(key)"] = value }
        for tensor in original.tensors where tensor.name != dropped { try writer.add(tensor) }
        for (name, shape, floats) in added { try writer.add(name, shape: shape, floats: floats) }
        return try GGUFFile(bytes: writer.encoded())
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
