import JSON
import Kernels
import OrderedCollections
import Testing
import Transformer

@testable import needletail

@Suite struct BenchReportTests {
    private static let machine = BenchMachine(
        processor: "A Processor", kernels: "scalar", threads: 2, integerInstructions: "plain C",
        limits: MachineLimits(
            reads: MachineLimits.Rate(oneThread: 30e9, allThreads: 50e9), readByteCount: 100 << 20,
            farReads: MachineLimits.Rate(oneThread: 20e9, allThreads: 40e9), farReadByteCount: 256 << 20,
            integerProducts: MachineLimits.Rate(oneThread: 500e9, allThreads: 1e12),
            floatProducts: MachineLimits.Rate(oneThread: 100e9, allThreads: 200e9)))

    private func report() throws -> BenchReport {
        let model = SteppingModel()
        let measurement = SpeedMeasurement(model: model, now: { model.time })
        return BenchReport(
            model: "m", machine: Self.machine,
            cost: ModelCost(
                token: ModelCost.Products(integers: 1_000_000), outputRow: ModelCost.Products(integers: 100_000),
                weightByteCount: 1_000_000, attention: [ModelCost.Attention(byteCount: 100, multiplyAdds: 1_000)]),
            loadSeconds: 0.5, loadParts: [("map", 0.1), ("repack", 0.4)],
            results: try SpeedSuite.cases(contextLength: 8_192).map {
                BenchReport.Measured(result: try measurement.run($0) { _ in }, limits: Self.machine.limits)
            })
    }

    @Test func theTopOfTheObjectIsTheFirstCase() throws {
        let json = try report().json
        let keys = try #require(json.objectValue).keys.prefix(11)
        #expect(
            Array(keys) == [
                "model", "kernels", "threads", "batch", "prompt_tokens", "generate_tokens", "load_seconds",
                "prefill_tokens_per_second", "decode_tokens_per_second", "prefill_runs", "decode_runs",
            ])
        #expect(json["prompt_tokens"] == 512)
        #expect(json["generate_tokens"] == 64)
        let prefill = try #require(json["prefill_tokens_per_second"]?.doubleValue)
        #expect(abs(prefill - 512 / 0.522) < 1e-6)
        let decode = try #require(json["decode_tokens_per_second"]?.doubleValue)
        #expect(abs(decode - 1 / 0.011) < 1e-6)
        #expect(json["prefill_runs"]?.arrayValue?.count == 3)
        #expect(json["load_parts_seconds"]?["repack"]?.doubleValue == 0.4)
        #expect(json["limits"]?["read_bytes_per_second"]?["all_threads"]?.doubleValue == 50e9)
        #expect(json["limits"]?["integer_multiply_adds_per_second"]?["one_thread"]?.doubleValue == 500e9)
    }

    @Test func everyPhaseHasALine() throws {
        let report = try report()
        #expect(
            report.lines.map(\.phase) == [.prefill, .decode, .decode, .decode, .decode, .decode, .prefill, .decode])
        let measurements = try #require(report.json["measurements"]?.arrayValue)
        #expect(measurements.count == 8)
        #expect(measurements[0]["share_of_reads"]?.isNull == true)
        let batch = measurements[4]
        #expect(batch["batch"] == 32)
        #expect(batch["context_tokens"] == 192)
        #expect(batch["read_limit_bytes_per_second"]?.doubleValue == 50e9)
        // 32 steps, 42 ms each: weights, and 32 caches of 208.5 positions on average.
        let reads = try #require(batch["share_of_reads"]?.doubleValue)
        #expect(abs(reads / ((1_000_000 + 32 * 100 * 208.5) / 0.042 / 50e9) - 1) < 1e-9)
        #expect(try JSONValue(parsing: report.json.text) == report.json)
    }

    @Test func theTableNamesMachineAndShares() throws {
        let table = try report().table
        for text in [
            "A Processor", "plain C", "50.0 GB/s", "decode 32 x 32 after 192", "prefill 8000 x 1", "repack 0.400",
        ] {
            #expect(table.contains(text), "\(text)")
        }
        #expect(table.split(separator: "\n").allSatisfy { $0.last != " " })
    }

    @Test func aKernelIsHeldAgainstTheLimitThatBinds() throws {
        func result(rowCount: Int, threads: Int, seconds: Double, _ format: WeightFormat) -> KernelMeasurement.Result {
            KernelMeasurement.Result(
                format: format, shape: KernelMeasurement.Shape(rows: 1_000, columns: 1_000), rowCount: rowCount,
                threads: threads, seconds: seconds, weightByteCount: 500_000, limits: Self.machine.limits)
        }
        let report = KernelReport(machine: Self.machine, results: [])
        // One row: 500 kB at 50 GB/s are 10 µs, a million multiply-adds 1 µs.
        let stream = report.share(of: result(rowCount: 1, threads: 2, seconds: 20e-6, .q4_0))
        #expect(stream.limit == .reads && abs(stream.share - 0.5) < 1e-9)
        let alone = report.share(of: result(rowCount: 1, threads: 1, seconds: 20e-6, .q4_0))
        #expect(alone.limit == .reads && abs(alone.share - 500_000 / 30e9 / 20e-6) < 1e-9)
        let prompt = report.share(of: result(rowCount: 100, threads: 2, seconds: 200e-6, .q4_0))
        #expect(prompt.limit == .products && abs(prompt.share - 0.5) < 1e-9)
        let floats = report.share(of: result(rowCount: 100, threads: 2, seconds: 1e-3, .f16))
        #expect(floats.limit == .products && abs(floats.share - 0.5) < 1e-9)
    }
}
