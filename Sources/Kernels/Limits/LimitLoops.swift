internal import CKernels

/// Loops that read or multiply as fast as the instruction set of a kernel table lets one thread do it.
struct LimitLoops: Sendable {
    // SAFETY: the table is a constant of the C target.
    private nonisolated(unsafe) let table: UnsafePointer<nt_limits>

    init(_ kernels: KernelTable) {
        guard let table = nt_limits_for(kernels.instructionSet) else {
            preconditionFailure("every kernel table has its limits")
        }
        self.table = table
    }

    /// The instructions that multiply integers.
    var integerInstructions: String { String(cString: table.pointee.integer_instructions) }

    /// Lengths of reads are multiples of this.
    static var readUnit: Int { NT_LIMITS_READ_UNIT }

    /// Multiply-adds of one round.
    static var roundLength: Int { NT_LIMITS_ROUND }

    /// Reads all bytes in order; 0 when all are zero.
    @discardableResult
    func read(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        precondition(bytes.count.isMultiple(of: Self.readUnit), "reads are whole units")
        guard let start = bytes.baseAddress else { return 0 }
        return table.pointee.read(start.assumingMemoryBound(to: UInt8.self), bytes.count)
    }

    /// Multiplies and adds; the result is the number of multiply-adds.
    @discardableResult
    func multiplyIntegers(rounds: Int) -> UInt64 { table.pointee.multiply_integers(rounds) }

    /// Multiplies and adds; the result is the number of multiply-adds.
    @discardableResult
    func multiplyFloats(rounds: Int) -> UInt64 { table.pointee.multiply_floats(rounds) }
}
