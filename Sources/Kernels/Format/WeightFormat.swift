internal import CKernels

/// How the elements of a weight matrix are stored in a model file. Raw values are the tensor type ids of GGUF.
public enum WeightFormat: UInt32, Sendable, CaseIterable {
    case f32 = 0
    case f16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q5_0 = 6
    case q5_1 = 7
    case q8_0 = 8
    case q2K = 10
    case q3K = 11
    case q4K = 12
    case q5K = 13
    case q6K = 14
    case iq4NL = 20
    case iq4XS = 23
    case bf16 = 30
    case mxfp4 = 39

    /// How many consecutive elements of a row share one block.
    public var blockLength: Int { nt_format_block_length(kernelFormat) }

    /// How many bytes one block takes.
    public var blockByteCount: Int { nt_format_block_byte_count(kernelFormat) }

    /// Whether products round their activations to 8 bits. F32, F16 and BF16 keep them as floats.
    public var isQuantized: Bool { nt_format_is_quantized(kernelFormat) }

    /// How many bytes `elementCount` elements take, or nil when that is not a whole number of blocks or not an `Int`.
    public func byteCount(elementCount: Int) -> Int? {
        guard elementCount >= 0, elementCount.isMultiple(of: blockLength) else { return nil }
        let (product, overflow) = (elementCount / blockLength).multipliedReportingOverflow(by: blockByteCount)
        return overflow ? nil : product
    }

    var kernelFormat: nt_format { nt_format(rawValue: rawValue) }
}

extension WeightFormat: CustomStringConvertible {
    /// The name GGUF tools use, such as `Q4_K`.
    public var description: String {
        switch self {
        case .f32: "F32"
        case .f16: "F16"
        case .bf16: "BF16"
        case .q4_0: "Q4_0"
        case .q4_1: "Q4_1"
        case .q5_0: "Q5_0"
        case .q5_1: "Q5_1"
        case .q8_0: "Q8_0"
        case .q2K: "Q2_K"
        case .q3K: "Q3_K"
        case .q4K: "Q4_K"
        case .q5K: "Q5_K"
        case .q6K: "Q6_K"
        case .iq4NL: "IQ4_NL"
        case .iq4XS: "IQ4_XS"
        case .mxfp4: "MXFP4"
        }
    }
}
