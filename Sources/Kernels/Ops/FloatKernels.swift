internal import CKernels

/// The float operations of a forward pass for one instruction set.
///
/// Every function works on one row, or one tile of attention, on the calling thread. Its result depends on that row
/// alone, so a sequence gets bit-identical numbers alone and in a batch, whole and in chunks, on one thread and many.
///
/// These are thin: lengths are the caller's word, as for the pointers themselves.
public struct FloatKernels: Sendable {
    // SAFETY: the tables are constants of the C target.
    private nonisolated(unsafe) let table: UnsafePointer<nt_ops>

    /// The float kernels that belong to the matrix kernels `table`.
    public init(_ table: KernelTable) {
        guard let operations = nt_ops_for(table.instructionSet) else {
            preconditionFailure("the processor has the instruction set of a kernel table")
        }
        self.table = operations
    }

    /// An activation function.
    public enum Activation: Sendable {
        /// `x / (1 + exp(-x))`
        case silu
        /// The Gaussian error linear unit in its tanh form.
        case geluTanh
        /// The same as it was defined, with the error function.
        case gelu
        /// `x / (1 + exp(-1.702 x))`
        case quickGelu
        /// `max(x, 0)`
        case relu
        case tanh

        var kernelArgument: nt_activation {
            switch self {
            case .silu: NT_SILU
            case .geluTanh: NT_GELU_TANH
            case .gelu: NT_GELU
            case .quickGelu: NT_QUICK_GELU
            case .relu: NT_RELU
            case .tanh: NT_TANH
            }
        }
    }

    /// Which elements of a head a rotation pairs.
    public enum RopeLayout: Sendable {
        /// 2i and 2i + 1.
        case adjacent
        /// i and i + half.
        case halves

        var kernelArgument: nt_rope_layout { self == .adjacent ? NT_ROPE_ADJACENT : NT_ROPE_HALVES }
    }
}

// MARK: - Norms and element-wise operations

extension FloatKernels {
    /// `output = input / sqrt(mean(input²) + epsilon) * weight`; `output` may be `input`.
    public func rmsNorm(
        _ output: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>, weight: UnsafePointer<Float>,
        count: Int, epsilon: Float
    ) {
        table.pointee.rms_norm(output, input, weight, Int64(count), epsilon)
    }

    /// `output = (input - mean) / sqrt(variance + epsilon) * weight + bias`; `output` may be `input`.
    public func layerNorm(
        _ output: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>, weight: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?, count: Int, epsilon: Float
    ) {
        table.pointee.layer_norm(output, input, weight, bias, Int64(count), epsilon)
    }

    /// `output += input`
    public func add(_ output: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>, count: Int) {
        table.pointee.add(output, input, Int64(count))
    }

    /// `output *= factor`
    public func scale(_ output: UnsafeMutablePointer<Float>, by factor: Float, count: Int) {
        table.pointee.scale(output, factor, Int64(count))
    }

    /// `output = activation(gate) * up`; `output` may be `gate`.
    public func gated(
        _ output: UnsafeMutablePointer<Float>, gate: UnsafePointer<Float>, up: UnsafePointer<Float>, count: Int,
        activation: Activation
    ) {
        table.pointee.gated(output, gate, up, Int64(count), activation.kernelArgument)
    }

    /// `output = activation(input)`; `output` may be `input`.
    public func activate(
        _ output: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>, count: Int, activation: Activation
    ) {
        table.pointee.activate(output, input, Int64(count), activation.kernelArgument)
    }

    /// Holds each element between `-limit` and `limit`.
    public func clamp(_ row: UnsafeMutablePointer<Float>, limit: Float, count: Int) {
        table.pointee.clamp(row, limit, Int64(count))
    }

    /// `row = exp(row) / sum(exp(row))`, without overflow; `count` is at least 1.
    public func softmax(_ row: UnsafeMutablePointer<Float>, count: Int) {
        table.pointee.softmax(row, Int64(count))
    }

    /// `row = cap * tanh(row / cap)`
    public func softCap(_ row: UnsafeMutablePointer<Float>, cap: Float, count: Int) {
        table.pointee.soft_cap(row, cap, Int64(count))
    }
}

// MARK: - Positions and attention

extension FloatKernels {
    /// Floats of the angles of one position.
    public static func ropeAngleCount(dimensionCount: Int) -> Int { 2 * dimensionCount }

    /// Computes the angles of one position for ``rope(_:angles:headCount:headLength:dimensionCount:layout:)``.
    ///
    /// - Parameter magnitude: What cosines and sines are multiplied with.
    public static func fillRopeAngles(
        _ angles: UnsafeMutablePointer<Float>, position: Int, inverseFrequencies: UnsafePointer<Float>,
        dimensionCount: Int, magnitude: Float = 1, layout: RopeLayout
    ) {
        nt_rope_fill(
            angles, Int64(position), inverseFrequencies, Int64(dimensionCount), magnitude, layout.kernelArgument)
    }

    /// Rotates the first `dimensionCount` elements of each head in place.
    public func rope(
        _ row: UnsafeMutablePointer<Float>, angles: UnsafePointer<Float>, headCount: Int, headLength: Int,
        dimensionCount: Int, layout: RopeLayout
    ) {
        table.pointee.rope(
            row, angles, Int64(headCount), Int64(headLength), Int64(dimensionCount), layout.kernelArgument)
    }

    /// Writes keys and values to the cache; a position's numbers are the same in every run.
    ///
    /// Whole vectors of positions (16 at a multiple of 16, say) are fastest.
    public func storeInCache(_ run: CacheRun) {
        withUnsafePointer(to: run.kernelArgument) { table.pointee.store_run($0) }
    }

    /// Computes a tile, start to finish.
    public func attend(_ tile: AttentionTile, workspace: UnsafeMutablePointer<Float>) {
        withUnsafePointer(to: tile.kernelArgument) { argument in
            switch tile.memory {
            case .cache: table.pointee.attend(argument, workspace)
            case .rows: table.pointee.attend_rows(argument, workspace)
            }
        }
    }

    /// Computes what some ranges of positions in a cache contribute to a tile: range `i` is
    /// `i * rangeLength ..< (i + 1) * rangeLength`.
    ///
    /// All ranges merged in order give the same bits as ``attend(_:workspace:)``, so that one long sequence can be
    /// shared among workers.
    ///
    /// - Parameter partials: The results, one after another, ``AttentionTile/Shape/partialFloatCount(positionCount:)``
    ///   floats each.
    public func attendRanges(
        _ tile: AttentionTile, ranges: Range<Int>, partials: UnsafeMutablePointer<Float>,
        workspace: UnsafeMutablePointer<Float>
    ) {
        withUnsafePointer(to: tile.kernelArgument) {
            table.pointee.attend_ranges($0, Int64(ranges.lowerBound), Int64(ranges.count), partials, workspace)
        }
    }

    /// Merges the partial results of ranges `0 ..< rangeCount`, which lie one after another, into the tile's output.
    public func mergeRanges(
        _ tile: AttentionTile, rangeCount: Int, partials: UnsafePointer<Float>, workspace: UnsafeMutablePointer<Float>
    ) {
        withUnsafePointer(to: tile.kernelArgument) {
            table.pointee.attend_merge($0, Int64(rangeCount), partials, workspace)
        }
    }
}
