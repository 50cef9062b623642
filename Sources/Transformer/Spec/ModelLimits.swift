/// The largest hyperparameters that a file may claim.
///
/// They are far above any model that a processor can run, and low enough that products of two of them are small
/// numbers: nothing is allocated, and no loop runs, by a number from a file that isn't held against these.
enum ModelLimits {
    static let layerCount = 1_024
    static let embeddingLength = 1 << 16
    static let hiddenLength = 1 << 20
    static let headCount = 1_024
    static let headLength = 1_024
    static let expertCount = 1_024
    static let tokenTypeCount = 64
    static let labelCount = 1 << 16
    static let distanceBucketCount = 1 << 10
    static let vocabularySize = 1 << 22
    static let contextLength = 1 << 24
}
