import ChatTemplate
import Dispatch
import Glibc
import Logging
import OpenAIAPI
import RequestLog
import Telemetry
import TestSupport
import Tokenization

@testable import Engine
@testable import HTTPServer
@testable import InferenceService

/// A real server on a free port with a scripted model behind it, and its request log.
final class ServedFixture: Sendable {
    static let vocabulary: [String] = (0..<26).map { String(UnicodeScalar(UInt8(97 + $0))) } + special

    /// The names and the order of Qwen2.5-Coder's vocabulary, of the first that gave them these meanings.
    static let special = [
        "<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>",
        "<|file_sep|>",
    ]

    let engine: Engine
    private let inference: InferenceServer
    private let server: HTTPServer
    private let directory: TemporaryDirectory
    private let port: Int

    private var logPath: String { directory.path + "/log.sqlite" }

    /// - Parameters:
    ///   - model: wants tokens of ``vocabulary``, or of `tokens` if there are any.
    ///   - bos: whether texts begin with `<|endoftext|>`.
    ///   - chatTemplate: source of the model's chat template, if it has one.
    ///   - sampling: what the model's makers recommend.
    init(
        _ model: ScriptedModel, tokens: [String] = vocabulary, bos: Bool = false, chatTemplate: String? = nil,
        sampling: SamplingDefaults = SamplingDefaults(), clock: EngineClock = .continuous,
        configure: (inout EngineConfiguration) -> Void = { _ in }
    ) async throws {
        directory = try TemporaryDirectory()
        let end = tokens.firstIndex(of: "<|endoftext|>").map { TokenID(rawValue: Int32($0)) }
        var vocabulary = Vocabulary(
            scheme: .byteLevelBPE, preTokenizer: "gpt-2", tokens: tokens, merges: [],
            special: .init(bos: bos ? end : nil, eos: end), addsBOS: bos)
        vocabulary.kinds = tokens.map { ($0.hasPrefix("<|") ? TokenKind.control : .normal).rawValue }
        let tokenizer = try Tokenizer(vocabulary)
        var engineConfiguration = EngineConfiguration()
        configure(&engineConfiguration)
        let loop = EngineLoop(model: model, configuration: engineConfiguration, clock: clock)
        engine = Engine(loop: loop, tokenizer: tokenizer)
        EngineThread.start { loop.run() }
        var configuration = ServerConfiguration(models: [ServedModel(name: "m", path: "/nowhere")], version: "0")
        configuration.port = 0
        configuration.requestLogPath = directory.path + "/log.sqlite"
        inference = try InferenceServer(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        inference.registry.serve([
            LoadedModel(
                id: "m", engine: engine, tokenizer: tokenizer,
                chatTemplate: try chatTemplate.map { try ChatTemplate(source: $0) }, created: 7,
                metrics: inference.metrics.model("m", blockSize: 16, blockCount: 1024), fingerprint: "f",
                longestRequest: .seconds(3600), weightByteCount: 0, samplingDefaults: sampling)
        ])
        server = HTTPServer(configuration: inference.httpConfiguration, router: inference.router)
        port = try await server.start().port ?? 0
    }

    /// Ends the server and reads what its log has.
    func rows() async throws -> [RequestRecord] {
        await server.shutdown(deadline: .seconds(30))
        await inference.requestLog?.close()
        return try RequestLogReader(path: logPath).last(100)
    }

    /// Posts a body and reads what comes until the connection ends.
    ///
    /// - Parameter pause: waited for between the request and the first look at the answer.
    func post(_ path: String, _ body: String, pause: @escaping @Sendable () -> Void = {}) async throws -> String {
        let request =
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        let port = port
        // Its own thread: reading blocks, and the server needs those of tasks.
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "client").async {
                continuation.resume(with: Result { try Self.exchange(request, port: port, pause) })
            }
        }
    }

    private static func exchange(_ request: String, port: Int, _ pause: () -> Void) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var buffer: Int32 = 4096
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &buffer, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw SocketFailure(code: errno) }
        let bytes = Array(request.utf8)
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw SocketFailure(code: errno)
        }
        pause()
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = recv(descriptor, &part, part.count, 0)
            guard count >= 0 else { throw SocketFailure(code: errno) }
            if count == 0 { return String(decoding: answer, as: UTF8.self) }
            answer += part[..<count]
        }
    }

    struct SocketFailure: Error {
        var code: Int32
    }
}
