import ArgumentParser
import InferenceService
import ModelFiles

struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a model file and show what is in it: metadata, tensors, sizes.")

    @OptionGroup var model: ModelOption

    @Flag(help: "List every tensor.")
    var tensors = false

    func run() throws {
        let (_, path) = try model.resolved()
        let file: GGUFFile
        do {
            file = try GGUFFile(path: path)
        } catch {
            throw ModelLoadFailure(path: path, reason: error.description)
        }
        Output.writeLine("\(path)")
        Output.writeLine("GGUF version \(file.version), \(file.fileByteCount) bytes, \(file.tensors.count) tensors")
        Output.writeLine()
        for key in file.metadata.keys {
            if let value = file.metadata[key] { Output.writeLine("\(key) = \(Self.shown(value))") }
        }
        Output.writeLine()
        showTypes(file)
        if tensors {
            Output.writeLine()
            for tensor in file.tensors {
                Output.writeLine(
                    "\(tensor.name)  \(tensor.type)  \(tensor.shape.map(String.init).joined(separator: " x "))")
            }
        }
    }

    private func showTypes(_ file: GGUFFile) {
        var types: [String: (count: Int, bytes: Int)] = [:]
        for tensor in file.tensors {
            types["\(tensor.type)", default: (0, 0)].count += 1
            types["\(tensor.type)", default: (0, 0)].bytes += tensor.byteCount
        }
        for (type, total) in types.sorted(by: { $0.value.bytes > $1.value.bytes }) {
            Output.writeLine("\(type): \(total.count) tensors, \(total.bytes) bytes")
        }
        let elements = file.tensors.reduce(0) { $0 + $1.elementCount }
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
        return text.count > 160 ? String(text.prefix(160)) + "..." : text
    }
}
