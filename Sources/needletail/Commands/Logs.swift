import ArgumentParser
import Foundation
import JSON
import RequestLog

struct Logs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the newest rows of the request log, oldest of them first.")

    @Option(help: "How many rows.")
    var last = 20

    @Flag(help: "One JSON object a line.")
    var json = false

    @Option(help: "The SQLite file. Default: what 'serve' uses.")
    var requestLog: String?

    func validate() throws {
        guard last >= 1 else { throw ValidationError("--last must be at least 1.") }
    }

    func run() throws {
        let path = try requestLog ?? EnvironmentDefault.value("NEEDLETAIL_REQUEST_LOG") ?? RequestLog.defaultPath()
        guard let path else { throw ValidationError("There is no home directory; name the file with --request-log.") }
        let records = try RequestLogReader(path: path).last(last)
        if json {
            for record in records { Output.writeLine(record.json.text) }
        } else {
            Output.writeLine(
                Table.line([
                    "time", "status", "key", "endpoint", "model", "finish", "prompt", "cached", "new", "queue", "ttft",
                    "total", "id",
                ]))
            for record in records { Output.writeLine(Table.line(record.cells)) }
        }
    }
}

extension RequestRecord {
    fileprivate var time: String {
        Date(timeIntervalSince1970: Double(receivedUnixMilliseconds) / 1000).formatted(.iso8601)
    }

    fileprivate var json: JSONValue {
        func optional(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
        func optional(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return [
            "id": .string(id), "time": .string(time), "key_id": optional(keyID), "key": optional(keyLabel),
            "endpoint": .string(endpoint), "model": optional(model), "status": .integer(status),
            "finish_reason": optional(finishReason),
            "prompt_tokens": .integer(promptTokens), "cached_tokens": .integer(cachedTokens),
            "completion_tokens": .integer(completionTokens), "queue_ms": optional(queueMilliseconds),
            "ttft_ms": optional(timeToFirstTokenMilliseconds), "total_ms": .number(totalMilliseconds),
            "streamed": .bool(isStreamed), "client_cancelled": .bool(isClientCancelled),
            "error_code": optional(errorCode),
        ]
    }

    fileprivate var cells: [String] {
        func milliseconds(_ value: Double?) -> String { value.map { "\(Int($0.rounded())) ms" } ?? "-" }
        return [
            time, String(status), keyLabel ?? "-", endpoint, model ?? "-",
            errorCode ?? (isClientCancelled ? "cancelled" : finishReason ?? "-"),
            String(promptTokens), String(cachedTokens), String(completionTokens), milliseconds(queueMilliseconds),
            milliseconds(timeToFirstTokenMilliseconds), milliseconds(totalMilliseconds), id,
        ]
    }
}

/// Columns of a fixed width, for lists that people read.
enum Table {
    private static let widths = [21, 7, 12, 22, 24, 10, 7, 7, 6, 9, 9, 9, 0]

    static func line(_ cells: [String]) -> String {
        zip(cells, widths).map { cell, width in
            cell + String(repeating: " ", count: max(1, width - cell.count))
        }.joined()
    }
}
