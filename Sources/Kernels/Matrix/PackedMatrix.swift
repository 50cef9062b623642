internal import CKernels

/// A weight matrix in the order the kernels read it: panels of 16 rows, interleaved.
///
/// Several matrices with the same input (query, key and value; gate and up) can be stacked into one, so that one
/// product, with one quantised image of the activations and one dispatch, does them all. They may have different
/// formats. Values are those of the file, exactly.
public final class PackedMatrix: @unchecked Sendable {
    // SAFETY (of the `@unchecked Sendable`): nothing changes after `init`, and the memory is only read.

    /// Rows: outputs of a product.
    public let rowCount: Int

    /// Columns: inputs of a product.
    public let columnCount: Int

    /// The format of the first source. Others stacked below it may have another.
    public let format: WeightFormat

    /// Which images of the activations a product needs.
    public let activationImages: ActivationImages

    /// Bytes of the packed matrix: what a product with one row of activations reads.
    public let byteCount: Int

    let kernels: KernelTable
    let parts: [Part]
    private let memory: PanelMemory

    /// One source, packed.
    struct Part {
        let matrix: nt_packed_matrix
        /// What its product reads of the activations.
        let image: ActivationImages
        /// Its first row in the stack.
        let firstRow: Int
        let panelCount: Int
        let panelByteCount: Int
    }

    /// Packs matrices below one another.
    ///
    /// - Parameters:
    ///   - sources: From top to bottom, each with `columnCount` columns.
    ///   - columnCount: A multiple of the block length of every source's format.
    ///   - roundsToBrain: Whether products with BF16 sources round activations to bfloat16 as well, where the kernels do
    ///     so and rows are whole blocks of 32: twice to four times as fast as floats when there are many rows.
    ///   - kernels: The kernels that will multiply.
    ///   - pool: Who packs.
    ///   - arena: Where to put it, for a matrix of a model whose matrices are read one after the other. Without one
    ///     the matrix has memory of its own.
    public init(
        stacking sources: [WeightSource], columnCount: Int, roundsToBrain: Bool = false, kernels: KernelTable,
        pool: WorkerPool, arena: WeightArena? = nil
    ) throws(KernelError) {
        guard let first = sources.first else { throw .emptyMatrix }
        let plan = try PackingPlan(sources: sources, columnCount: columnCount)
        let offset: Int
        if let arena {
            (memory, offset) = try arena.allocate(byteCount: plan.byteCount)
        } else {
            (memory, offset) = (try PanelMemory(byteCount: plan.byteCount, largePages: false), 0)
        }
        rowCount = plan.rowCount
        byteCount = plan.byteCount
        format = first.format
        self.columnCount = columnCount
        self.kernels = kernels
        let roundsToBrain =
            roundsToBrain && kernels.hasBrainProducts && columnCount.isMultiple(of: ActivationRows.columnGrain)

        let start = memory.start + offset
        parts = zip(sources, plan.parts).map { source, part in
            Self.pack(
                source, columnCount: columnCount, panelCount: part.panelCount, into: start + part.offset, pool: pool)
            let matrix = nt_packed_matrix(
                format: source.format.kernelFormat, output_count: source.rowCount, input_count: columnCount,
                panels: start + part.offset)
            return Part(
                matrix: matrix, image: ActivationImages(for: source.format, roundsToBrain: roundsToBrain),
                firstRow: part.firstRow, panelCount: part.panelCount,
                panelByteCount: nt_panel_byte_count(source.format.kernelFormat, columnCount))
        }
        activationImages = parts.reduce(into: []) { $0.formUnion($1.image) }
    }

    private static func pack(
        _ source: WeightSource, columnCount: Int, panelCount: Int, into panels: UnsafeMutablePointer<UInt8>,
        pool: WorkerPool
    ) {
        guard let bytes = source.bytes.baseAddress else { return }
        let start = bytes.assumingMemoryBound(to: UInt8.self)
        pool.parallelFor(count: panelCount, grain: max(1, min(64, panelCount / (4 * pool.threadCount)))) { range, _ in
            nt_pack_panels(
                source.format.kernelFormat, start, source.rowCount, columnCount, range.lowerBound, range.upperBound,
                panels)
        }
    }
}
