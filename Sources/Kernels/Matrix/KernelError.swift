/// Why kernels could not be chosen, or a matrix could not be packed.
public enum KernelError: Error, Equatable, Sendable {
    /// `NEEDLETAIL_KERNELS` does not name an instruction set.
    case unknownInstructionSet(String)
    /// The processor, or its operating system, does not have the instruction set that was asked for.
    case unsupportedInstructionSet(String)
    /// A matrix has no rows or no columns.
    case emptyMatrix
    /// Rows of a quantised format are not a whole number of blocks.
    case columnCount(Int, format: WeightFormat)
    /// The bytes given are not those of a matrix of that shape.
    case byteCount(Int, expected: Int, format: WeightFormat)
    /// Rows can be read from this format, but not written in it.
    case unwritableFormat(WeightFormat)
    /// A row holds a number that is not finite, or too large for the format.
    case unwritableRow(Int, format: WeightFormat)
    /// A size does not fit the machine's integers.
    case sizeOverflow
    /// The system gave no memory.
    case outOfMemory(byteCount: Int)
}

extension KernelError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownInstructionSet(let name):
            "unknown kernels '\(name)': expected scalar, avx2, avxvnni, avx512vnni, avx512bf16, neondot or neoni8mm"
        case .unsupportedInstructionSet(let name):
            "this processor cannot run the '\(name)' kernels"
        case .emptyMatrix:
            "a weight matrix needs at least one row and one column"
        case .columnCount(let count, let format):
            "a row of \(count) elements is not a whole number of \(format) blocks of \(format.blockLength)"
        case .byteCount(let count, let expected, let format):
            "a \(format) matrix has \(count) bytes where its shape asks for \(expected)"
        case .unwritableFormat(let format):
            "weights cannot be written as \(format)"
        case .unwritableRow(let row, let format):
            "row \(row) holds a number that is not finite or is too large for \(format)"
        case .sizeOverflow:
            "a weight matrix is too large for this machine"
        case .outOfMemory(let byteCount):
            "no memory for \(byteCount) bytes of weights or activations"
        }
    }
}
