internal import CKernels

/// Consecutive positions of one sequence, for all query heads that share one key-value head: the unit of attention.
///
/// Query row `r` is position `firstPosition + r / groupSize`, head `r % groupSize` of the group. All query rows of a
/// tile share each key and value that is loaded, so larger tiles are faster; the numbers don't depend on it.
public struct AttentionTile {
    /// The most query rows, `positionCount * groupSize`, of one tile.
    public static let maximumRowCount = Int(NT_ATTENTION_MAX_ROWS)
    /// Positions of one range of split attention, see ``FloatKernels/attendRanges(_:ranges:partials:workspace:)``.
    public static let rangeLength = Int(NT_ATTENTION_RANGE)

    /// The first query head of the group at the first position; positions are `queryStride` floats apart.
    public var queries: UnsafePointer<Float>
    public var queryStride: Int
    /// Where the result goes, laid out like the queries.
    public var output: UnsafeMutablePointer<Float>
    public var outputStride: Int
    public var positionCount: Int
    public var firstPosition: Int
    public var memory: Memory
    /// Positions of the sequence; a bidirectional mask shows all of them.
    public var length: Int
    public var shape: Shape

    /// Where the keys and values of the sequence are, of one layer and key-value head.
    public enum Memory {
        /// In blocks of a cache, see ``CacheLayout``; shelves are `shelfStride` bytes apart.
        case cache(UnsafeRawPointer, shelfStride: Int, blockTable: UnsafePointer<Int32>)
        /// As floats, the first position's first; positions are `stride` floats apart.
        case rows(keys: UnsafePointer<Float>, values: UnsafePointer<Float>, stride: Int)
    }

    /// What all tiles of a layer share.
    public struct Shape: Sendable {
        public var groupSize: Int
        public var headLength: Int
        public var isCausal: Bool
        /// A position sees those less than this away, itself included; nil means all on the sides that it sees.
        public var window: Int?
        public var scale: Float
        public var softCap: Float?
        public var cacheType: CacheType

        public init(
            groupSize: Int, headLength: Int, isCausal: Bool, window: Int?, scale: Float, softCap: Float?,
            cacheType: CacheType = .f16
        ) {
            precondition(groupSize > 0 && headLength > 0 && headLength <= CacheLayout.maximumHeadLength)
            self.groupSize = groupSize
            self.headLength = headLength
            self.isCausal = isCausal
            self.window = window
            self.scale = scale
            self.softCap = softCap
            self.cacheType = cacheType
        }

        /// Floats of workspace that a tile of up to `maximumRowCount` rows needs, wherever its keys are.
        public var workspaceFloatCount: Int {
            let rows = Int64(AttentionTile.maximumRowCount), length = Int64(headLength)
            return Int(
                max(
                    nt_attention_workspace_floats(cacheType.kernelArgument, rows, length),
                    nt_attention_row_workspace_floats(rows, length)))
        }

        /// Floats of the partial result of a tile of `positionCount` positions.
        public func partialFloatCount(positionCount: Int) -> Int {
            Int(nt_attention_partial_floats(Int64(positionCount * groupSize), Int64(headLength)))
        }
    }

    /// A slope for each head of the group, what a score loses per position of distance (ALiBi), or nil.
    public var slopes: UnsafePointer<Float>?
    /// What is added to scores for the distance of key and query, or nil.
    public var biases: DistanceBiases?

    /// A bias for each distance and head of a group.
    public struct DistanceBiases {
        /// The first head's bias for the distance 0; those of keys after the query follow, those of keys before it are
        /// before it.
        public var center: UnsafePointer<Float>
        /// From head to head.
        public var stride: Int

        /// Distances for which `center` must have biases, for a sequence of `length` positions: the last block of keys is
        /// read to its end.
        public static func distances(length: Int) -> Range<Int> {
            let end = (length + CacheLayout.blockLength - 1) / CacheLayout.blockLength * CacheLayout.blockLength
            return 1 - length..<end
        }

        public init(center: UnsafePointer<Float>, stride: Int) {
            self.center = center
            self.stride = stride
        }
    }

    public init(
        queries: UnsafePointer<Float>, queryStride: Int, output: UnsafeMutablePointer<Float>, outputStride: Int,
        positionCount: Int, firstPosition: Int, memory: Memory, length: Int, shape: Shape,
        slopes: UnsafePointer<Float>? = nil, biases: DistanceBiases? = nil
    ) {
        precondition(positionCount > 0 && positionCount * shape.groupSize <= Self.maximumRowCount)
        precondition(firstPosition >= 0 && firstPosition + positionCount <= length)
        self.queries = queries
        self.queryStride = queryStride
        self.output = output
        self.outputStride = outputStride
        self.positionCount = positionCount
        self.firstPosition = firstPosition
        self.memory = memory
        self.length = length
        self.shape = shape
        self.slopes = slopes
        self.biases = biases
    }

    /// The tile as the C kernels take it.
    var kernelArgument: nt_attention {
        var tile = nt_attention()
        tile.queries = queries
        tile.query_stride = Int64(queryStride)
        tile.output = output
        tile.output_stride = Int64(outputStride)
        tile.position_count = Int32(positionCount)
        tile.group = Int32(shape.groupSize)
        tile.head_dim = Int32(shape.headLength)
        tile.first_position = Int64(firstPosition)
        switch memory {
        case .cache(let cache, let shelfStride, let blockTable):
            tile.type = shape.cacheType.kernelArgument
            tile.cache = cache
            tile.shelf_stride = Int64(shelfStride)
            tile.block_table = blockTable
        case .rows(let keys, let values, let stride):
            tile.keys = keys
            tile.values = values
            tile.row_stride = Int64(stride)
        }
        tile.is_causal = shape.isCausal
        tile.length = Int64(length)
        tile.window = Int64(shape.window ?? 0)
        tile.scale = shape.scale
        tile.soft_cap = shape.softCap ?? 0
        tile.slopes = slopes
        tile.biases = biases?.center
        tile.bias_stride = Int64(biases?.stride ?? 0)
        return tile
    }
}
