import Glibc
import RequestLog
import Synchronization
import Testing

/// A folder of its own for one test, removed with it.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("\(Self.root)/needletail-log-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        path = try #require(made)
    }

    private static var root: String {
        getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    }

    var logPath: String { path + "/requests.sqlite" }

    var files: [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    deinit {
        for name in files { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}

/// The events that a log has reported so far.
final class EventRecorder: Sendable {
    private let storage = Mutex<[RequestLogEvent]>([])

    var events: [RequestLogEvent] { storage.withLock { $0 } }

    func record(_ event: RequestLogEvent) {
        storage.withLock { $0.append(event) }
    }
}

func removeFile(_ path: String) {
    unlink(path)
}

func removeFolder(_ path: String) {
    rmdir(path)
}

enum Bytes {
    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var information = stat()
        try #require(fstat(descriptor, &information) == 0)
        return [UInt8](unsafeUninitializedCapacity: Int(information.st_size)) { buffer, count in
            count = max(Glibc.read(descriptor, buffer.baseAddress, buffer.count), 0)
        }
    }

    static func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
        let bytes = Array(bytes)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }

    /// Blocks until nobody else holds the lock on this file.
    static func waitForLock(_ path: String) throws {
        let descriptor = open(path, O_RDWR)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(flock(descriptor, LOCK_EX) == 0)
    }

    static func mode(_ path: String) throws -> mode_t {
        var information = stat()
        try #require(stat(path, &information) == 0)
        return information.st_mode & 0o777
    }
}

extension RequestRecord {
    /// A record whose every field depends on `number`.
    static func sample(_ number: Int) -> RequestRecord {
        RequestRecord(
            id: "req_\(number)",
            receivedUnixMilliseconds: 1_700_000_000_000 + Int64(number),
            keyID: number.isMultiple(of: 2) ? "key_\(number % 3)" : nil,
            keyLabel: number.isMultiple(of: 2) ? "team-\(number % 3)" : nil,
            endpoint: "/v1/chat/completions",
            model: "model-\(number % 2)",
            status: number.isMultiple(of: 5) ? 400 : 200,
            finishReason: number.isMultiple(of: 5) ? nil : "stop",
            promptTokens: number,
            cachedTokens: number / 2,
            completionTokens: 3,
            queueMilliseconds: Double(number) / 4,
            timeToFirstTokenMilliseconds: number.isMultiple(of: 5) ? nil : 12.5,
            totalMilliseconds: 100.25,
            isStreamed: number.isMultiple(of: 2),
            isClientCancelled: number.isMultiple(of: 7),
            errorCode: number.isMultiple(of: 5) ? "invalid_value" : nil)
    }
}
