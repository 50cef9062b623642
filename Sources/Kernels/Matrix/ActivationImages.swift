/// The forms in which products take their activations.
public struct ActivationImages: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Rounded to 8 bits with a scale for each 16 columns: quantised weights.
    public static let quantized = ActivationImages(rawValue: 1)

    /// Floats, unrounded: F32, F16 and BF16 weights.
    public static let float = ActivationImages(rawValue: 2)

    /// Rounded to 16 bits with a scale for each 32 columns: in place of `quantized`, for a product that must be as good as
    /// one of floats. See ``PackedMatrix/hasFineProducts``.
    public static let fine = ActivationImages(rawValue: 4)

    /// Rounded to bfloat16, without scales: BF16 weights of a matrix that was packed for that, see
    /// ``PackedMatrix/init(stacking:columnCount:roundsToBrain:kernels:pool:arena:)``.
    public static let brain = ActivationImages(rawValue: 8)

    init(for format: WeightFormat, roundsToBrain: Bool) {
        self = format.isQuantized ? .quantized : format == .bf16 && roundsToBrain ? .brain : .float
    }
}
