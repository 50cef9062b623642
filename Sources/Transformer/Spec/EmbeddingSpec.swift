/// How tokens become the first hidden state: `norm(projection(token) * scale + position + type)`, or
/// `projection(norm(token * scale + position + type))`.
public struct EmbeddingSpec: Sendable, Equatable {
    /// A vector for each position.
    public struct Positions: Sendable, Equatable {
        /// Rows of the table.
        public var count: Int
        /// The row of position 0.
        public var offset: Int

        public init(count: Int, offset: Int = 0) {
            self.count = count
            self.offset = offset
        }
    }

    /// The length of a token's vector. When it isn't that of the hidden state, a matrix makes it so.
    public var length: Int
    /// Whether positions, types and the norm have the tokens' length, and the matrix comes after them.
    public var projectsLast = false
    /// What the tokens' vectors are multiplied with.
    public var scale: Float
    public var positions: Positions?
    /// Types of tokens (which of two texts), each with a vector; 0 for none.
    public var typeCount: Int
    public var norm: NormSpec?

    public init(
        length: Int, scale: Float = 1, positions: Positions? = nil, typeCount: Int = 0, norm: NormSpec? = nil
    ) {
        self.length = length
        self.scale = scale
        self.positions = positions
        self.typeCount = typeCount
        self.norm = norm
    }
}
