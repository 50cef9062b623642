import Engine
import Glibc
import Tokenization
import Transformer

/// What a model can compute of whole texts, as its files say.
struct TextAbilities: Sendable {
    /// How texts become vectors.
    struct Embedding: Sendable {
        var pooling: Pooling
        /// Layers that a pooled vector passes.
        var stages: [DenseStage] = []
        /// Whether vectors are scaled to length 1.
        var isNormalized: Bool
        /// Numbers of a vector.
        var length: Int
    }

    /// How a text, or a pair of them, gets its classes.
    struct Classifier: Sendable {
        /// What makes a classifier's numbers probabilities.
        enum Activation: Sendable {
            /// Exactly one class is right.
            case softmax
            /// Each class is right or not.
            case sigmoid
            /// The numbers are wanted as they are.
            case identity

            /// As transformers and sentence-transformers do it: one output is a degree, several exclude one another.
            static func standard(labelCount: Int) -> Activation { labelCount == 1 ? .sigmoid : .softmax }
        }

        /// A name for each class; nil for one that has none.
        var labels: [String?]
        var activation: Activation
    }

    /// Tokens of a text at most, those at begin and end that the model asks for among them.
    var longestText = Int.max
    var embedding: Embedding?
    var classifier: Classifier?
    /// Stands for a gap that the model fills.
    var mask: TokenID?
    /// Makes one text of two, no longer than a limit if there is one, cut at the end of the longer; nil if the tokeniser
    /// knows no pairs.
    var joinPair: (@Sendable (_ first: String, _ second: String, _ limit: Int?) -> PoolingRequest.Text)?

    /// Whether two texts can be held against each other: by a classifier of pairs, or by comparing their vectors.
    var canScore: Bool { embedding != nil || classifiesPairs }

    /// A classifier with one class says how well two texts go together.
    var classifiesPairs: Bool { classifier?.labels.count == 1 && joinPair != nil }
}

extension TextAbilities.Classifier.Activation {
    func apply(_ values: [Float]) -> [Float] {
        switch self {
        case .identity: return values
        case .sigmoid: return values.map { 1 / (1 + expf(-$0)) }
        case .softmax:
            let largest = values.max() ?? 0
            let exponentials = values.map { expf($0 - largest) }
            let sum = exponentials.reduce(0, +)
            return exponentials.map { $0 / sum }
        }
    }
}

extension TextAbilities.Embedding {
    /// The vectors that a reply holds.
    ///
    /// - Parameters:
    ///   - pooled: What the model gives.
    ///   - dimensions: how many of their first numbers to keep, scaled to length 1; nil keeps all as they are.
    /// - Throws: ``StepFailure`` when a layer behind the pooling gives what is not a number.
    func vectors(_ pooled: [[Float]], dimensions: Int?) throws(StepFailure) -> [[Float]] {
        let results = stages.reduce(pooled) { $1.apply(to: $0) }
        guard stages.isEmpty || results.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            throw StepFailure(description: "the model's results are not numbers")
        }
        return results.map { vector in
            let kept = dimensions.map { Array(vector.prefix($0)) } ?? vector
            return isNormalized || dimensions != nil ? Self.normalized(kept) : kept
        }
    }

    /// The same, away from the threads that answer all requests when layers have much to do.
    func vectors(of pooled: [[Float]], dimensions: Int?) async throws(StepFailure) -> [[Float]] {
        // A byte of text takes about as long as this many multiply-adds.
        let workPerByte = 1024
        let work = stages.reduce(0) { $0 + $1.work } * pooled.count
        return try await LongTexts.run(bytes: work / workPerByte) { () throws(StepFailure) in
            try vectors(pooled, dimensions: dimensions)
        }
    }

    /// The vector scaled to length 1; one of zeros stays as it is.
    static func normalized(_ vector: [Float]) -> [Float] {
        // In double precision: squares of single floats overflow from 1e19 on.
        let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return length > 0 ? vector.map { Float(Double($0) / length) } : vector
    }

    /// The cosine of the angle between two vectors; 0 if one of them has no direction.
    static func cosine(_ left: [Float], _ right: [Float]) -> Float {
        let (left, right) = (normalized(left), normalized(right))
        return Float(zip(left, right).reduce(0.0) { $0 + Double($1.0) * Double($1.1) })
    }
}

extension TextAbilities {
    /// - Parameters:
    ///   - longestText: what the model's files say beside the tokeniser's.
    ///   - fillsMasks: whether the model has an output for each token of a text.
    init(
        _ tokenizer: Tokenizer, longestText: Int? = nil, embedding: Embedding? = nil, classifier: Classifier? = nil,
        fillsMasks: Bool = false
    ) {
        self.longestText = min(longestText ?? .max, tokenizer.maximumLength ?? .max)
        self.embedding = embedding
        self.classifier = classifier
        mask = fillsMasks ? tokenizer.maskToken : nil
        guard classifier != nil, tokenizer.sepToken != nil else { return }
        joinPair = { first, second, limit in
            let pair = tokenizer.encodePair(first, second, limit: limit)
            return PoolingRequest.Text(tokens: pair.tokens, tokenTypes: pair.segments.map(Int32.init))
        }
    }
}
