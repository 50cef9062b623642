import Transformer

/// Walks over the rows that a step gave, segment after segment.
struct StepRows {
    var logits: RowCursor
    var pooled: RowCursor
    var classes: RowCursor

    init(_ output: StepOutput, of model: any StepModel) {
        logits = RowCursor(output.logits, width: model.vocabularySize)
        pooled = RowCursor(output.pooled, width: model.embeddingLength)
        classes = RowCursor(output.classes, width: model.classCount)
    }
}

/// Walks over rows of one width.
struct RowCursor {
    private let values: UnsafeBufferPointer<Float>
    private let width: Int
    private var position = 0

    init(_ values: UnsafeBufferPointer<Float>, width: Int) {
        self.values = values
        self.width = width
    }

    mutating func next() -> UnsafeBufferPointer<Float> {
        defer { position += width }
        return UnsafeBufferPointer(rebasing: values[position..<(position + width)])
    }
}
