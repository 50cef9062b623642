import Foundation
import Kernels
import ModelFiles
import Testing

@testable import Transformer

/// Models that aren't what they say are refused, or loaded and run; whatever they hold, the process survives.
///
/// `NEEDLETAIL_FUZZ_ROUNDS` says how many times as long this should go on, and `NEEDLETAIL_FUZZ_SEED` where it begins.
@Suite struct ModelFuzzTests {
    private static let seeds: Range<UInt64> = {
        func number(_ name: String) -> UInt64? { ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) } }
        let first = number("NEEDLETAIL_FUZZ_SEED") ?? 0
        return first..<first + max(1, number("NEEDLETAIL_FUZZ_ROUNDS") ?? 1)
    }()

    @Test(arguments: seeds)
    func checkpoints(seed: UInt64) throws {
        var outcome = Outcome()
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (index, fixture) in FamilyFixture.manifest.fixtures.enumerated() {
            var mutation = ModelMutation(seed: seed << 20 + UInt64(index))
            let source = URL(filePath: try Fixture.directory() + "/Families/\(fixture.name)/checkpoint")
            let settings = try Data(contentsOf: source.appending(path: "config.json"))
            let tensors = try Data(contentsOf: source.appending(path: "model.safetensors"))
            try tensors.write(to: folder.appending(path: "model.safetensors"))
            for _ in 0..<8 {
                try mutation.settings(settings).write(to: folder.appending(path: "config.json"))
                outcome.add { try .open(path: folder.path()) }
            }
            try settings.write(to: folder.appending(path: "config.json"))
            for _ in 0..<3 {
                try mutation.header(tensors).write(to: folder.appending(path: "model.safetensors"))
                outcome.add { try .open(path: folder.path()) }
            }
        }
        // Otherwise this shows little.
        #expect(outcome.runs > 50 && outcome.refusals > 50)
    }

    @Test(arguments: seeds)
    func ggufFiles(seed: UInt64) throws {
        var outcome = Outcome()
        for (index, fixture) in FamilyFixture.manifest.fixtures.enumerated() where fixture.gguf {
            var mutation = ModelMutation(seed: seed << 20 + UInt64(index))
            let file = try GGUFFile(path: Fixture.directory() + "/Families/\(fixture.name)/model.gguf")
            for _ in 0..<8 {
                let bytes = try mutation.gguf(file)
                outcome.add { .gguf(try GGUFFile(bytes: bytes)) }
            }
        }
        #expect(outcome.runs > 10 && outcome.refusals > 10)
    }

    /// Bytes before the tensors' become others, disappear or come twice.
    @Test(arguments: seeds)
    func bytesOfGGUFFiles(seed: UInt64) throws {
        var outcome = Outcome()
        for (index, fixture) in FamilyFixture.manifest.fixtures.enumerated() where fixture.gguf {
            var mutation = ModelMutation(seed: seed << 20 + UInt64(index))
            let path = try Fixture.directory() + "/Families/\(fixture.name)/model.gguf"
            let bytes = try [UInt8](Data(contentsOf: URL(filePath: path)))
            let headerCount = bytes.count - (try GGUFFile(path: path).tensors.reduce(0) { $0 + $1.byteCount })
            for _ in 0..<16 {
                let changed = mutation.bytes(bytes, before: headerCount)
                outcome.add { .gguf(try GGUFFile(bytes: changed)) }
            }
        }
        #expect(outcome.runs > 10 && outcome.refusals > 10)
    }

    /// What became of changed models.
    private struct Outcome {
        var runs = 0
        var refusals = 0
        private let pool = WorkerPool(threadCount: 1)

        mutating func add(_ source: () throws -> ModelSource) {
            do {
                let options = ModelOptions(pool: pool, kernels: try .select(environment: nil), blockCount: 2)
                let model = try TransformerModel.load(source(), options: options)
                try run(model)
                runs += 1
            } catch let error as ModelLoadError {
                refusals += 1
                #expect(!error.description.isEmpty)
            } catch let error as ModelFileError {
                refusals += 1
                #expect(!error.description.isEmpty)
            } catch is StepError {
                // A context of one position and the like.
                runs += 1
            } catch {
                Issue.record("\(error)")
            }
        }

        private func run(_ model: TransformerModel) throws {
            let tokens = [0, 1, Int32(model.vocabularySize - 1)]
            var outputs: [OutputRows] = [.pooled(.mean)]
            if model.classCount > 0 { outputs = [.classes] }
            if case .tokens = model.spec.head?.output { outputs.append(.all) }
            for output in outputs {
                let segment = Segment(
                    tokens: tokens, firstPosition: 0, blockTable: model.needsCache ? [1] : [], outputs: output)
                _ = try model.step([segment])
            }
        }
    }
}
