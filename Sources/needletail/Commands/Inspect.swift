import ArgumentParser
import InferenceService
import JSON
import ModelFiles
import OrderedCollections

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a model's files and show what is in them: settings, tensors, sizes.")

    @OptionGroup var model: ModelOption

    @Flag(help: "List every tensor.")
    var tensors = false

    func run() throws {
        let (_, path) = try model.resolved()
        let source: ModelSource
        do {
            source = try ModelSource.open(path: path)
        } catch {
            throw ModelLoadFailure(path: path, reason: error.description)
        }
        Output.writeLine("\(path)")
        switch source {
        case .gguf(let file): show(file)
        case .checkpoint(let checkpoint): show(checkpoint)
        }
        Output.writeLine()
        showTypes(source)
        if tensors {
            Output.writeLine()
            for tensor in source.tensors {
                Output.writeLine(
                    "\(tensor.name)  \(tensor.type)  \(tensor.shape.map(String.init).joined(separator: " x "))")
            }
        }
    }

    private func show(_ file: GGUFFile) {
        Output.writeLine("GGUF version \(file.version), \(file.fileByteCount) bytes, \(file.tensors.count) tensors")
        Output.writeLine()
        for key in file.metadata.keys {
            if let value = file.metadata[key] { Output.writeLine("\(key) = \(Self.shown(value))") }
        }
    }

    private func show(_ checkpoint: Checkpoint) {
        let count = checkpoint.files.count
        Output.writeLine(
            "Hugging Face folder, \(checkpoint.fileByteCount) bytes in \(count) safetensors file\(count == 1 ? "" : "s"), "
                + "\(checkpoint.tensors.count) tensors")
        Output.writeLine()
        for (key, value) in checkpoint.configuration.objectValue ?? [:] {
            Output.writeLine("\(key) = \(Self.cut(value.text))")
        }
    }

    private func showTypes(_ source: ModelSource) {
        var types: [String: (count: Int, bytes: Int)] = [:]
        for tensor in source.tensors {
            types["\(tensor.type)", default: (0, 0)].count += 1
            types["\(tensor.type)", default: (0, 0)].bytes += tensor.byteCount
        }
        for (type, total) in types.sorted(by: { $0.value.bytes > $1.value.bytes }) {
            Output.writeLine("\(type): \(total.count) tensors, \(total.bytes) bytes")
        }
        let elements = source.tensors.reduce(0) { $0 + $1.elementCount }
        Output.writeLine("\(elements) parameters")
    }

    /// A value on one line: long texts and lists are cut.
    private static func shown(_ value: GGUFValue) -> String {
        let text: String
        switch value {
        case .string(let string): text = "\"\(string.replacing("\n", with: "\\n"))\""
        case .array(let array):
            let start = array.prefix(6).map(shown).joined(separator: ", ")
            return "\(array.count) x \(array.elementType): [\(start)\(array.count > 6 ? ", ..." : "")]"
        default: text = value.description
        }
        return cut(text)
    }

    private static func cut(_ text: String) -> String {
        text.count > 160 ? String(text.prefix(160)) + "..." : text
    }
}
