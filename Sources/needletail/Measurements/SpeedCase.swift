import Transformer

/// One thing to measure: prompts of a length, and the decoding that follows them.
struct SpeedCase: Equatable {
    /// How often a measurement is made. One more at the start, which touches memory for the first time, is not counted.
    enum Repetition: Equatable {
        case exactly(Int)
        /// As often, but only once, and without the one that is not counted, if that takes seconds.
        case ifShort(Int)
    }

    /// Length of each prompt: the context at which decoding begins.
    var promptTokens: Int
    /// Tokens that each sequence decodes.
    var generateTokens: Int
    /// Sequences that decode together.
    var batch: Int
    /// Whether the prompts' time counts. Otherwise they are computed once, and decoding begins after them each time.
    var measuresPrefill: Bool
    var repetition: Repetition

    /// Positions that one sequence needs.
    var sequenceLength: Int { promptTokens + generateTokens }

    /// Positions of the cache that all sequences need, in whole blocks.
    var cacheTokens: Int {
        batch * KeyValueLayout.blockCount(forTokens: sequenceLength) * KeyValueLayout.blockLength
    }
}

/// What is measured when nothing particular is asked for.
enum SpeedSuite {
    /// The cases that a model with a context of `contextLength` positions can run, quick ones first.
    ///
    /// The first is what single measurements do by default, so that figures of both compare.
    static func cases(contextLength: Int) -> [SpeedCase] {
        all.filter { $0.sequenceLength <= contextLength }
    }

    /// Positions of the cache that the largest case needs.
    static var cacheTokens: Int { all.reduce(0) { max($0, $1.cacheTokens) } }

    private static let all: [SpeedCase] =
        [
            SpeedCase(
                promptTokens: 512, generateTokens: 64, batch: 1, measuresPrefill: true, repetition: .ifShort(3))
        ] + [1, 8, 32].map { decode(at: 192, batch: $0) } + [
            decode(at: 500, batch: 1),
            SpeedCase(
                promptTokens: 8_000, generateTokens: 32, batch: 1, measuresPrefill: true, repetition: .ifShort(3)),
        ]

    private static func decode(at context: Int, batch: Int) -> SpeedCase {
        SpeedCase(
            promptTokens: context, generateTokens: 32, batch: batch, measuresPrefill: false, repetition: .ifShort(3))
    }
}
