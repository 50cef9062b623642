internal import CKernels

/// Where the parts of a stacked matrix go, with every size checked.
struct PackingPlan {
    struct Part {
        let firstRow: Int
        let panelCount: Int
        /// Bytes from the start of the memory, a multiple of a cache line.
        let offset: Int
    }

    private(set) var parts: [Part] = []
    private(set) var rowCount = 0
    private(set) var byteCount = 0

    init(sources: [WeightSource], columnCount: Int) throws(KernelError) {
        for source in sources {
            try Self.check(source, columnCount: columnCount)
            let panelCount = nt_panel_count(source.rowCount)
            let panelByteCount = nt_panel_byte_count(source.format.kernelFormat, columnCount)
            parts.append(Part(firstRow: rowCount, panelCount: panelCount, offset: byteCount))
            rowCount = try Self.sum(rowCount, source.rowCount)
            let (partByteCount, overflow) = panelByteCount.multipliedReportingOverflow(by: panelCount)
            guard !overflow else { throw .sizeOverflow }
            byteCount = try Self.sum(byteCount, partByteCount)
            byteCount = try Self.sum(byteCount, -byteCount & 63)
        }
    }

    private static func check(_ source: WeightSource, columnCount: Int) throws(KernelError) {
        let format = source.format
        guard source.rowCount > 0, columnCount > 0 else { throw .emptyMatrix }
        guard columnCount.isMultiple(of: format.blockLength) else {
            throw .columnCount(columnCount, format: format)
        }
        let (elementCount, overflow) = columnCount.multipliedReportingOverflow(by: source.rowCount)
        // A panel is at most 1.1 times its rows as they stand in the file, and the last one is padded: with this much
        // room no size below can overflow.
        guard !overflow, columnCount <= Int.max >> 10, source.rowCount <= Int.max >> 10,
            let expected = format.byteCount(elementCount: elementCount)
        else { throw .sizeOverflow }
        guard source.bytes.count == expected else {
            throw .byteCount(source.bytes.count, expected: expected, format: format)
        }
    }

    private static func sum(_ a: Int, _ b: Int) throws(KernelError) -> Int {
        let (sum, overflow) = a.addingReportingOverflow(b)
        guard !overflow else { throw .sizeOverflow }
        return sum
    }
}
