import Foundation
import JSON
import Kernels

/// Speeds of one kernel table's products, each with the limit that it could reach.
struct KernelReport {
    var machine: BenchMachine
    var results: [KernelMeasurement.Result]

    /// What a product cannot be faster than.
    enum Limit: String {
        /// Its weights must come from memory.
        case reads
        /// They must be multiplied.
        case products
    }

    /// The limit that binds, and the share of it that is reached.
    func share(of result: KernelMeasurement.Result) -> (limit: Limit, share: Double) {
        let limits = result.limits
        func rate(_ limit: MachineLimits.Rate) -> Double { result.threads == 1 ? limit.oneThread : limit.allThreads }
        let products = result.multiplyAdds / rate(result.isQuantized ? limits.integerProducts : limits.floatProducts)
        let reads = result.bytes / rate(limits.reads)
        return reads > products ? (.reads, reads) : (.products, products)
    }

    var json: JSONValue {
        [
            "kernels": .string(machine.kernels), "threads": .integer(machine.threads),
            "processor": .string(machine.processor), "limits": machine.limits.json,
            "products": .array(
                results.map { result in
                    let (limit, share) = share(of: result)
                    return [
                        "format": .string(result.format.description), "rows": .integer(result.shape.rows),
                        "columns": .integer(result.shape.columns), "activations": .integer(result.rowCount),
                        "threads": .integer(result.threads), "seconds": .number(result.seconds),
                        "multiply_adds_per_second": .number(result.multiplyAdds),
                        "weight_bytes_per_second": .number(result.bytes), "limit": .string(limit.rawValue),
                        "share": .number(share),
                    ]
                }),
        ]
    }

    var table: String {
        var table = TextTable(["", "rows", "threads", "µs", "GMAC/s", "GB/s", "share", "of"])
        for result in results {
            let (limit, share) = share(of: result)
            table.add([
                "\(result.format) \(result.shape.rows) x \(result.shape.columns)", "\(result.rowCount)",
                "\(result.threads)", String(format: "%.1f", result.seconds * 1e6),
                String(format: "%.1f", result.multiplyAdds / 1e9), String(format: "%.1f", result.bytes / 1e9),
                TextTable.percent(share), limit.rawValue,
            ])
        }
        return machine.table + "\n" + table.text
    }
}
