import ModelFiles
import Testing

@testable import Transformer

/// What is written is what llama.cpp's converter writes of the same checkpoint: tensor by tensor, and key by key.
@Suite struct GGUFConverterTests {
    private static let fixtures = (FamilyFixture.writtenDecoders + FamilyFixture.writtenEncoders).filter(\.gguf)

    private func converted(_ fixture: FamilyFixture) throws -> GGUFFile {
        try GGUFFile(path: try Fixture.directory() + "/Families/\(fixture.name)/model.gguf")
    }

    @Test(arguments: fixtures) func tensorsAreTheSame(fixture: FamilyFixture) throws {
        let written = try fixture.written(), converted = try converted(fixture)
        #expect(Set(written.tensors.map(\.name)) == Set(converted.tensors.map(\.name)))
        for tensor in converted.tensors {
            guard let found = written.tensor(tensor.name) else { continue }
            #expect(found.type == tensor.type, "\(tensor.name)")
            #expect(found.shape.trimmed == tensor.shape.trimmed, "\(tensor.name)")
            guard !tensor.name.hasPrefix("rope_") else {
                // Computed by both, and rounded.
                for (a, b) in zip(try found.floats(), try tensor.floats()) { #expect(abs(a - b) <= 1e-6 * b) }
                continue
            }
            #expect(found.bytes.elementsEqual(tensor.bytes), "\(tensor.name)")
        }
    }

    /// Keys that the converter writes and no reader needs, or needs to be like that.
    private static let idle: Set<String> = [
        "falcon.tensor_data_layout",
        // These have no limit built in, and the converter doesn't look at what config.json says.
        "falcon.context_length", "bloom.context_length",
        // Without a scaling it says nothing.
        "phi3.rope.scaling.original_context_length",
        // Of the other kind of norm, and of a head that isn't there.
        "modern-bert.attention.layer_norm_rms_epsilon", "modern-bert.classifier.pooling_type",
    ]

    @Test(arguments: fixtures) func keysAreTheSame(fixture: FamilyFixture) throws {
        let written = try fixture.written().metadata, converted = try converted(fixture).metadata
        let architecture = try converted.string("general.architecture")
        #expect(try written.string("general.architecture") == architecture)
        for key in converted.keys where key.hasPrefix(architecture + ".") {
            let value = try #require(converted[key])
            if let found = written[key], "\(found)" == "\(value)" { continue }
            #expect(Self.idle.contains(key) || value.saysNothing, "\(key): \(value)")
        }
    }
}

extension GGUFValue {
    /// A window of no positions, or no scaling.
    fileprivate var saysNothing: Bool {
        switch self {
        case .uint32(0), .string("none"): true
        default: false
        }
    }
}

extension [Int] {
    /// Without axes of length 1 at the end.
    fileprivate var trimmed: [Int] {
        Array(prefix((lastIndex { $0 != 1 } ?? 0) + 1))
    }
}
