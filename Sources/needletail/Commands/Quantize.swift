public import ArgumentParser
import Glibc
import InferenceService
public import Kernels
import ModelCatalog
import ModelFiles

struct Quantize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a model as a GGUF file in another format of weights.",
        discussion: """
            Matrices get the format; vectors, norms and other small tensors stay as they are. The output matrix, or the \
            embedding where it is both, gets at least Q6_K. Rows that aren't whole blocks of the format get one with \
            smaller blocks and no larger error (Q4_1 for Q4_K, Q5_1 for Q5_K, Q8_0 for others, F16 at last), and are \
            counted in what is printed.

            Examples:
              needletail quantize model.F16.gguf model.Q4_K.gguf q4_K
              needletail quantize path/to/folder model.Q8_0.gguf q8_0
            """)

    @Argument(
        help: "The model: a name in the store, the path of a GGUF file, or that of a Hugging Face folder.")
    var input: String

    @Argument(help: "The file to write. It appears when it is complete.")
    var output: String

    @Argument(help: "q8_0, q6_K, q5_K, q5_1, q5_0, q4_K, q4_1, q4_0, f16, bf16 or f32.")
    var type: WeightFormat

    @Option(help: "Threads that compute. Default: all the processors this process may use.")
    var threads: Int?

    func validate() throws {
        guard type.isWritable else { throw ValidationError("Weights can't be written as \(type).") }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads must be 1 to 1024, not \(threads).")
        }
    }

    func run() throws {
        let (name, path) = try ModelArgument(input).resolved()
        let stopwatch = ContinuousClock()
        let start = stopwatch.now
        do {
            let original = try original(path, name: name)
            defer { original.remove() }
            let file = QuantizeFile(original.file, target: type)
            report(file.plan)
            let pool = WorkerPool(threadCount: threads ?? WorkerPool.defaultThreadCount())
            try file.write(to: output, pool: pool)
            let before = file.source.tensors.reduce(0) { $0 + $1.byteCount }
            Output.writeLine(
                "\(output): \(before) bytes of weights became \(file.plan.byteCount) in \(stopwatch.now - start)")
        } catch {
            throw ModelLoadFailure(path: path, reason: "\(error)")
        }
    }

    /// A GGUF file to read, and what is to be done when it has been read.
    private struct Original {
        var file: GGUFFile
        var remove = {}
    }

    /// A folder becomes a file beside the output first, with matrices as they are.
    private func original(_ path: String, name: String) throws -> Original {
        switch try ModelSource.open(path: path) {
        case .gguf(let file): return Original(file: file)
        case .checkpoint(let checkpoint):
            let whole = output + ".unquantized"
            let remove = { _ = unlink(whole) }
            do {
                let conversion = try CheckpointConversion(checkpoint, name: name)
                conversion.notes.forEach(Output.writeLine)
                try conversion.write(to: whole)
                return Original(file: try GGUFFile(path: whole), remove: remove)
            } catch {
                remove()
                throw error
            }
        }
    }

    /// What a reader of the command line may not expect.
    private func report(_ plan: QuantizePlan) {
        var counts: [String: Int] = [:]
        for step in plan.steps {
            guard let instead = step.instead else { continue }
            let row = step.tensor.rowLength
            counts["of \(row) numbers aren't whole blocks of \(instead): \(step.target) instead", default: 0] += 1
        }
        for (text, count) in counts.sorted(by: { $0.key < $1.key }) {
            Output.writeLine("rows of \(count) tensors \(text)")
        }
        let requantized = plan.requantized.count
        if requantized > 0 {
            Output.writeLine(
                "\(requantized) tensors were quantised before; a file made from the original would be more accurate")
        }
    }
}

extension WeightFormat: ExpressibleByArgument {
    public init?(argument: String) {
        guard let format = Self.allCases.first(where: { $0.description.lowercased() == argument.lowercased() }) else {
            return nil
        }
        self = format
    }
}
