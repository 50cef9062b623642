import Kernels
import ModelFiles

/// Writes a GGUF file whose matrices have another format.
struct QuantizeFile {
    let source: GGUFFile
    let target: WeightFormat
    let plan: QuantizePlan

    init(_ source: GGUFFile, target: WeightFormat) {
        self.source = source
        self.target = target
        plan = QuantizePlan(source.tensors, target: target)
    }

    /// Writes the file under a temporary name and renames it: `path` never holds half a model, and may be the source.
    ///
    /// Takes the memory of the largest tensor at a time.
    ///
    /// - Throws: ``ModelFileError``, or ``QuantizeFailure`` for a tensor with numbers that the format can't hold.
    func write(to path: String, pool: WorkerPool) throws {
        var writer = GGUFWriter(alignment: source.alignment)
        for key in source.metadata.keys where key != "general.alignment" {
            writer[key] = source.metadata[key]
        }
        writer["general.file_type"] = target.fileType.map { .uint32($0) }
        if target.isQuantized { writer["general.quantization_version"] = .uint32(2) }
        for step in plan.steps {
            if step.target == step.tensor.type {
                try writer.add(step.tensor)
            } else {
                try writer.add(step.tensor.name, step.target, shape: step.tensor.shape) {
                    try Self.converted(step, pool: pool)
                }
            }
        }
        try writer.write(to: path)
        withExtendedLifetime(source) {}
    }

    private static func converted(_ step: QuantizePlan.Step, pool: WorkerPool) throws -> [UInt8] {
        let tensor = step.tensor
        guard
            let format = WeightFormat(rawValue: tensor.type.rawValue),
            let target = WeightFormat(rawValue: step.target.rawValue)
        else {
            throw QuantizeFailure(tensor: tensor.name, reason: "no kernels for \(tensor.type)")
        }
        let byteCount = tensor.elementCount / target.blockLength * target.blockByteCount
        do {
            return try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count throws(KernelError) in
                let output = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[..<byteCount])
                try QuantizeRows.convert(
                    tensor.bytes, from: format, rowCount: tensor.rowCount, columnCount: tensor.rowLength, to: target,
                    into: output, pool: pool)
                count = byteCount
                tensor.releasePages()
            }
        } catch {
            throw QuantizeFailure(tensor: tensor.name, reason: "\(error)")
        }
    }
}

/// A tensor that can't be written in the format.
struct QuantizeFailure: Error, CustomStringConvertible {
    var tensor: String
    var reason: String
    var description: String { "tensor '\(tensor)': \(reason)" }
}
