import Glibc
import TestSupport

@testable import ModelCatalog

/// A loopback server that behaves like the hub: digests in headers, ranges, and breakdowns on demand.
final class HubServer {
    let directory: TemporaryDirectory
    let endpoint: String
    private let process: pid_t
    private let stream: UnsafeMutablePointer<FILE>

    init() throws {
        directory = try TemporaryDirectory()
        try FileTree.write(Self.script, to: directory.path + "/server.py")
        guard let stream = popen("exec python3 '\(directory.path)/server.py' '\(directory.path)'", "r") else {
            throw ModelCatalogError.system("popen")
        }
        var line = [CChar](repeating: 0, count: 64)
        fgets(&line, 64, stream)
        let numbers = String(decoding: line.prefix { $0 > 32 || $0 == 32 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            .split(separator: " ")
        guard numbers.count == 2, let process = pid_t(numbers[0]), let port = Int(numbers[1]) else {
            pclose(stream)
            throw ModelCatalogError.fileSystem(path: "server.py", reason: "didn't start")
        }
        self.stream = stream
        self.process = process
        endpoint = "http://127.0.0.1:\(port)"
    }

    deinit {
        kill(process, SIGKILL)
        pclose(stream)
    }

    /// Serves bytes under a path below the endpoint.
    ///
    /// - Parameters:
    ///   - digest: what the server claims in `x-linked-etag`; nil leaves the header out.
    ///   - breaks: after how many bytes each of the next replies breaks off.
    func serve(_ bytes: [UInt8], at path: String, digest: String?, breaks: [Int] = []) throws {
        let file = directory.path + "/" + path
        try FileTree.createDirectory(directory.path + "/" + Staging.parent(of: path))
        try write(bytes, to: file)
        if let digest { try FileTree.write(digest, to: file + ".sha") }
        try FileTree.write(breaks.map(String.init).joined(separator: " "), to: file + ".breaks")
    }

    /// Method and first byte asked for, of each request so far.
    func requests() -> [String] {
        (FileTree.readText(directory.path + "/log", limit: 1 << 20) ?? "").split(separator: "\n").map(String.init)
    }

    private static let script = #"""
        import http.server, os, sys
        root = sys.argv[1]

        class Handler(http.server.BaseHTTPRequestHandler):
            def start(self):
                path = root + self.path
                begin = int(self.headers.get("Range", "bytes=0-")[6:].split("-")[0])
                with open(root + "/log", "a") as log: print(self.command, begin, file=log)
                if not os.path.exists(path):
                    self.send_error(404)
                    return None, 0
                body = open(path, "rb").read()
                self.send_response(206 if begin else 200)
                if os.path.exists(path + ".sha"):
                    self.send_header("X-Linked-ETag", '"%s"' % open(path + ".sha").read())
                    self.send_header("X-Linked-Size", str(len(body)))
                if begin:
                    self.send_header("Content-Range", "bytes %d-%d/%d" % (begin, len(body) - 1, len(body)))
                self.send_header("Content-Length", str(len(body) - begin))
                self.end_headers()
                return path, body[begin:]

            def do_HEAD(self):
                self.start()

            def do_GET(self):
                path, body = self.start()
                if path is None: return
                breaks = open(path + ".breaks").read().split()
                if breaks:
                    body = body[:int(breaks[0])]
                    open(path + ".breaks", "w").write(" ".join(breaks[1:]))
                self.wfile.write(body)

            def log_message(self, *arguments): pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(os.getpid(), server.server_port, flush=True)
        server.serve_forever()
        """#
}
