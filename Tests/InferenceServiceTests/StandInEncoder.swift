import Engine
import Telemetry
import Tokenization
import Transformer

@testable import InferenceService

/// An encoder whose vectors, classes and rows follow from a text's tokens in ways that tests can work out.
final class StandInEncoder: StepModel {
    let vocabularySize = StandInEncoder.tokens.count
    let embeddingLength = 4
    let classCount: Int
    let contextLength: Int
    let needsCache = false
    let blockLength = 1
    let blockCount = 0
    private var memory: [UnsafeMutableBufferPointer<Float>] = []

    /// `[CLS]` is written as the beginning of a text, `[SEP]` as its end.
    static let tokens = ["a", "b", "c", "d", "[MASK]", "[CLS]", "[SEP]"]

    init(classCount: Int, contextLength: Int) {
        self.classCount = classCount
        self.contextLength = contextLength
    }

    deinit { memory.forEach { $0.deallocate() } }

    func step(_ segments: [Segment]) throws -> StepOutput {
        var (logits, pooled, classes) = ([Float](), [Float](), [Float]())
        for segment in segments {
            let counts = (0..<4).map { letter in Float(segment.tokens.count { $0 == letter }) }
            switch segment.outputs {
            case .pooled: pooled += counts
            case .classes:
                // How often the pair's second text has the letter "a", then each class a little less.
                let second = zip(segment.tokens, segment.tokenTypes).count { $0 == 0 && $1 == 1 }
                let value = segment.tokenTypes.isEmpty ? counts[0] : Float(second)
                classes += (0..<classCount).map { value - Float($0) }
            case .rows(let rows):
                for row in rows { logits += (0..<vocabularySize).map { Float(($0 + row) % vocabularySize) } }
            case .none, .last, .all: preconditionFailure("an encoder is not asked for them")
            }
        }
        memory.forEach { $0.deallocate() }
        memory = [logits, pooled, classes].map { rows in
            let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: rows.count)
            _ = copy.initialize(from: rows)
            return copy
        }
        let buffers = memory.map { UnsafeBufferPointer($0) }
        return StepOutput(logits: buffers[0], pooled: buffers[1], classes: buffers[2])
    }

    func copyBlock(from source: Int32, to destination: Int32) {}

    /// A model of that kind, ready to serve.
    static func model(
        _ name: String = "m", classCount: Int = 0, contextLength: Int = 16,
        _ abilities: (Tokenizer) -> TextAbilities = { _ in TextAbilities() }
    ) throws -> LoadedModel {
        let special = Vocabulary.SpecialTokens(bos: TokenID(rawValue: 5), eos: TokenID(rawValue: 6))
        let tokenizer = try Tokenizer(
            Vocabulary(
                scheme: .byteLevelBPE, preTokenizer: "gpt-2", tokens: tokens,
                kinds: tokens.map { $0.count == 1 ? 1 : 3 }, merges: [], special: special, addsBOS: true, addsEOS: true)
        )
        let engine = Engine(
            model: StandInEncoder(classCount: classCount, contextLength: contextLength), tokenizer: tokenizer)
        return LoadedModel(
            id: name, engine: engine, tokenizer: tokenizer, chatTemplate: nil, created: 7,
            metrics: ServerMetrics(version: "0", startTime: 0).model(name, blockSize: 1, blockCount: 0),
            fingerprint: "f", longestRequest: .seconds(10), weightByteCount: 0, texts: abilities(tokenizer))
    }
}
