import Foundation
import Kernels

extension BenchReport {
    var table: String {
        var text = machine.table
        let parts = loadParts.map { String(format: "%@ %.3f", $0.name, $0.seconds) }.joined(separator: ", ")
        text += TextTable.pair("model", model)
        text += TextTable.pair("load", String(format: "%.3f s (%@)", loadSeconds, parts))
        text += "\n"
        var table = TextTable(["", "tokens/s", "of reads", "of products", "with attention"])
        for line in lines {
            table.add([
                line.title, String(format: "%.1f", line.rates.median), line.shares.reads.map(TextTable.percent) ?? "",
                TextTable.percent(line.shares.products), TextTable.percent(line.shares.withAttention),
            ])
        }
        return text + table.text
    }
}

extension BenchReport.Line {
    fileprivate var title: String {
        switch phase {
        case .prefill: "prefill \(work.promptTokens) x \(work.batch)"
        case .decode: "decode \(work.generateTokens) x \(work.batch) after \(work.promptTokens)"
        }
    }
}

extension BenchMachine {
    var table: String {
        func rate(_ rate: MachineLimits.Rate, _ unit: String) -> String {
            String(format: "%.1f %@, one thread %.1f", rate.allThreads / 1e9, unit, rate.oneThread / 1e9)
        }
        func megabytes(_ count: Int) -> String { "\(count / 1_000_000) MB" }
        return TextTable.pair("processor", processor)
            + TextTable.pair("kernels, threads", "\(kernels), \(threads)")
            + TextTable.pair("reads of \(megabytes(limits.readByteCount))", rate(limits.reads, "GB/s"))
            + TextTable.pair("reads of \(megabytes(limits.farReadByteCount))", rate(limits.farReads, "GB/s"))
            + TextTable.pair(
                "8-bit products", rate(limits.integerProducts, "G multiply-adds/s") + " (\(integerInstructions))")
            + TextTable.pair("float products", rate(limits.floatProducts, "G multiply-adds/s"))
    }
}
