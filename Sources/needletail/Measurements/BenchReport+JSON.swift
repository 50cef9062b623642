import JSON
import Kernels
import OrderedCollections
import Transformer

extension BenchReport {
    /// One object. The keys of the first case stand at its top.
    var json: JSONValue {
        var object: JSONObject = [
            "model": .string(model), "kernels": .string(machine.kernels), "threads": .integer(machine.threads),
        ]
        if let first = results.first?.result {
            let more: JSONObject = [
                "batch": .integer(first.work.batch), "prompt_tokens": .integer(first.work.promptTokens),
                "generate_tokens": .integer(first.work.generateTokens), "load_seconds": .number(loadSeconds),
                "prefill_tokens_per_second": .number(first.prefillRates.median),
                "decode_tokens_per_second": .number(first.decodeRates.median),
                "prefill_runs": .array(first.prefillRates.map { .number($0) }),
                "decode_runs": .array(first.decodeRates.map { .number($0) }),
            ]
            object.merge(more) { $1 }
        }
        object["processor"] = .string(machine.processor)
        object["load_parts_seconds"] = .object(
            JSONObject(uniqueKeysWithValues: loadParts.map { ($0.name, .number($0.seconds)) }))
        object["weight_bytes"] = .integer(cost.weightByteCount)
        object["multiply_adds_per_token"] = .integer(cost.token.total)
        object["multiply_adds_per_output_row"] = .integer(cost.outputRow.total)
        object["limits"] = machine.limits.json
        object["measurements"] = .array(lines.map(\.json))
        return .object(object)
    }
}

extension BenchReport.Line {
    fileprivate var json: JSONValue {
        [
            "phase": .string(phase.rawValue), "context_tokens": .integer(phase == .prefill ? 0 : work.promptTokens),
            "tokens": .integer(phase == .prefill ? work.promptTokens : work.generateTokens),
            "batch": .integer(work.batch), "tokens_per_second": .number(rates.median),
            "runs": .array(rates.map { .number($0) }),
            "read_limit_bytes_per_second": .number(limits.reads.allThreads),
            "integer_limit_multiply_adds_per_second": .number(limits.integerProducts.allThreads),
            "share_of_reads": shares.reads.map { .number($0) } ?? .null,
            "share_of_products": .number(shares.products),
            "share_of_products_and_attention": .number(shares.withAttention),
        ]
    }
}

extension MachineLimits {
    var json: JSONValue {
        [
            "read_bytes_per_second": reads.json(over: readByteCount),
            "far_read_bytes_per_second": farReads.json(over: farReadByteCount),
            "integer_multiply_adds_per_second": integerProducts.json(),
            "float_multiply_adds_per_second": floatProducts.json(),
        ]
    }
}

extension MachineLimits.Rate {
    fileprivate func json(over byteCount: Int? = nil) -> JSONValue {
        var object: JSONObject = ["one_thread": .number(oneThread), "all_threads": .number(allThreads)]
        if let byteCount { object["buffer_bytes"] = .integer(byteCount) }
        return .object(object)
    }
}
