import ArgumentParser
import InferenceService
import JSON
import Kernels
import Transformer

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure prompt and decode speed.",
        discussion: """
            Prints tokens per second, all sequences together, the median of the repetitions, and the shares of the \
            machine's limits (reading memory, multiplying) that they reach; the limits are measured in the same run. \
            Without --prompt-tokens, --generate-tokens and --batch it runs a suite: a prompt of 512, decoding of 1, 8 \
            and 32 sequences, and long contexts as far as the model allows them. With one of them it measures just \
            that; the others then default to 512, 64 and 1. With --kernels it needs no model and measures matrix \
            products of every weight format.

            Speeds differ from machine to machine and from hour to hour: compare figures of one sitting.
            """)

    @OptionGroup var model: ModelOption

    @Option(help: "Length of each prompt. Default: 512.")
    var promptTokens: Int?

    @Option(help: "Tokens to decode after each prompt. Default: 64.")
    var generateTokens: Int?

    @Option(help: "Sequences that decode together. Default: 1.")
    var batch: Int?

    @Option(help: "How often to measure. Default: 3, and in the suite once for what takes seconds.")
    var repetitions: Int?

    @Flag(help: "Measure the kernels, without a model.")
    var kernels = false

    @Flag(help: "With --kernels: measure the kernels of every instruction set that this machine has.")
    var allTables = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        let lengths = 0...(1 << 24)
        let (prompt, generate) = (promptTokens ?? 512, generateTokens ?? 64)
        guard lengths.contains(prompt), lengths.contains(generate), prompt + generate > 0 else {
            throw ValidationError(
                "--prompt-tokens and --generate-tokens must be 0 to \(lengths.upperBound), and not both 0.")
        }
        guard (1...4096).contains(batch ?? 1), (1...1000).contains(repetitions ?? 3) else {
            throw ValidationError("--batch must be 1 to 4096 and --repetitions 1 to 1000.")
        }
        if kernels, promptTokens != nil || generateTokens != nil || batch != nil || repetitions != nil {
            throw ValidationError("--kernels goes with --threads, --all-tables and --json only.")
        }
        if allTables, !kernels { throw ValidationError("--all-tables needs --kernels.") }
    }

    func run() throws {
        if kernels {
            try runKernels()
        } else {
            try runModel()
        }
    }

    /// What the options ask for, or nil for the suite.
    var singleCase: SpeedCase? {
        guard promptTokens != nil || generateTokens != nil || batch != nil else { return nil }
        return SpeedCase(
            promptTokens: promptTokens ?? 512, generateTokens: generateTokens ?? 64, batch: batch ?? 1,
            measuresPrefill: true, repetition: .exactly(repetitions ?? 3))
    }

    private func runModel() throws {
        let (name, path) = try model.resolved()
        let cacheTokens = singleCase?.cacheTokens ?? SpeedSuite.cacheTokens
        let opened = try model.loader(cacheSize: .tokens(cacheTokens)).openWeights(path)
        let cases = try cases(contextLength: opened.model.contextLength)
        let progress = ProgressLine()
        let cost = opened.model.cost
        progress.show("limits")
        let probe = try LimitProbe(
            kernels: opened.kernels, pool: opened.pool, stepByteCount: cost.weightByteCount, now: Stopwatch.seconds)
        var before = probe.measure()
        let measurement = SpeedMeasurement(model: opened.model, now: Stopwatch.seconds)
        let results = try cases.enumerated().map { index, work in
            let result = try measurement.run(work) { progress.show("\(index + 1) of \(cases.count): \($0)") }
            let after = probe.measure()
            defer { before = after }
            return BenchReport.Measured(result: result, limits: before.best(after))
        }
        progress.end()
        let times = opened.times
        let report = BenchReport(
            model: name, machine: BenchMachine(probe, opened.kernels, opened.pool), cost: cost,
            loadSeconds: times.total / .seconds(1),
            loadParts: [("map", times.map / .seconds(1)), ("repack", times.repack / .seconds(1))], results: results)
        if json { Output.writeLine(report.json.text) } else { Output.write(report.table) }
    }

    /// - Throws: `ValidationError` when what is asked for does not fit the model's context.
    func cases(contextLength: Int) throws -> [SpeedCase] {
        let cases = singleCase.map { [$0] } ?? SpeedSuite.cases(contextLength: contextLength)
        guard let first = cases.first, first.sequenceLength <= contextLength else {
            let length = singleCase?.sequenceLength.description ?? "The suite's"
            throw ValidationError("\(length) tokens do not fit into the model's context of \(contextLength).")
        }
        guard let repetitions, singleCase == nil else { return cases }
        return cases.map { work in
            var work = work
            work.repetition = .ifShort(repetitions)
            return work
        }
    }

    private func runKernels() throws {
        let threads = try model.compute.resolvedThreadCount()
        let tables = allTables ? KernelTable.available : [try ModelLoader.kernels()]
        let progress = ProgressLine()
        let reports = try tables.map { table in
            try KernelMeasurement(table: table, threads: threads, now: Stopwatch.seconds).run(progress: progress.show)
        }
        progress.end()
        if json {
            let object: JSONValue = ["tables": .array(reports.map(\.json))]
            Output.writeLine(object.text)
        } else {
            Output.write(reports.map(\.table).joined(separator: "\n"))
        }
    }
}

extension BenchMachine {
    init(_ probe: LimitProbe, _ kernels: KernelTable, _ pool: WorkerPool) {
        self.init(
            processor: Processor.name, kernels: kernels.name, threads: pool.threadCount,
            integerInstructions: probe.integerInstructions, limits: probe.limits)
    }
}
