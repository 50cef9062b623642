/// A matrix, or a horizontal slice of one, as it stands in a model file.
public struct WeightSource {
    public let format: WeightFormat

    /// Rows of the matrix: outputs of a product.
    public let rowCount: Int

    /// The rows one after the other. Read while a ``PackedMatrix`` is made, and not kept.
    public let bytes: UnsafeRawBufferPointer

    public init(format: WeightFormat, rowCount: Int, bytes: UnsafeRawBufferPointer) {
        self.format = format
        self.rowCount = rowCount
        self.bytes = bytes
    }
}
