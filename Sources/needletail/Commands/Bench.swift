import ArgumentParser
import Foundation
import InferenceService
import JSON
import Transformer

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure prompt and decode speed.",
        discussion: """
            Prints the median of the repetitions in tokens per second, all sequences together, and how long loading \
            took. Speeds differ from machine to machine and from hour to hour: compare figures of one sitting.
            """)

    @OptionGroup var model: ModelOption

    @Option(help: "Length of each prompt.")
    var promptTokens = 512

    @Option(help: "Tokens to decode after each prompt.")
    var generateTokens = 64

    @Option(help: "Sequences that decode together.")
    var batch = 1

    @Option(help: "How often to measure.")
    var repetitions = 3

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        let lengths = 0...(1 << 24)
        guard lengths.contains(promptTokens), lengths.contains(generateTokens), promptTokens + generateTokens > 0 else {
            throw ValidationError(
                "--prompt-tokens and --generate-tokens must be 0 to \(lengths.upperBound), and not both 0.")
        }
        guard (1...4096).contains(batch), (1...1000).contains(repetitions) else {
            throw ValidationError("--batch must be 1 to 4096 and --repetitions 1 to 1000.")
        }
    }

    func run() throws {
        let measurement = SpeedMeasurement(
            promptTokens: promptTokens, generateTokens: generateTokens, batch: batch, repetitions: repetitions)
        let (name, path) = try model.resolved()
        let start = ContinuousClock.now
        // Whole blocks for each sequence.
        let cacheTokens = batch * (measurement.sequenceLength + KeyValueLayout.blockLength)
        let opened = try model.loader(cacheSize: .tokens(cacheTokens)).open(path)
        let loadSeconds = start.duration(to: .now).seconds
        guard measurement.sequenceLength <= opened.model.contextLength else {
            throw ValidationError(
                "\(measurement.sequenceLength) tokens do not fit into the model's context of \(opened.model.contextLength)."
            )
        }
        let progress = ProgressLine()
        let result = try measurement.run(opened.model, progress: progress.show)
        progress.end()
        report(name, result, loadSeconds, opened)
    }

    private func report(
        _ name: String, _ result: SpeedMeasurement.Result, _ loadSeconds: Double, _ loaded: OpenedModel
    ) {
        if json {
            let object: JSONValue = [
                "model": .string(name), "kernels": .string(loaded.kernelsName), "threads": .integer(loaded.threadCount),
                "batch": .integer(batch), "prompt_tokens": .integer(promptTokens),
                "generate_tokens": .integer(generateTokens), "load_seconds": .number(loadSeconds),
                "prefill_tokens_per_second": .number(result.prefill.median),
                "decode_tokens_per_second": .number(result.decode.median),
                "prefill_runs": .array(result.prefill.map { .number($0) }),
                "decode_runs": .array(result.decode.map { .number($0) }),
            ]
            return Output.writeLine(object.text)
        }
        func line(_ label: String, _ value: String) {
            Output.writeLine(label.padding(toLength: 22, withPad: " ", startingAt: 0) + value)
        }
        func rate(_ value: Double) -> String { String(format: "%.1f tokens/s", value) }
        line("model", name)
        line("kernels, threads", "\(loaded.kernelsName), \(loaded.threadCount)")
        line("load", String(format: "%.3f s", loadSeconds))
        if promptTokens > 0 { line("prefill \(promptTokens) x \(batch)", rate(result.prefill.median)) }
        if generateTokens > 0 { line("decode \(generateTokens) x \(batch)", rate(result.decode.median)) }
    }
}
