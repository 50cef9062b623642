import ArgumentParser
import Foundation
import Glibc

struct Healthcheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a running server whether it is ready; exit code 0 if it is.",
        discussion: "For container health checks: an image needs no curl for it.")

    @Option(help: "Port of the server on this machine. Default: NEEDLETAIL_PORT or 8080.")
    var port: Int?

    @Option(help: "What to ask for.")
    var path = "/readyz"

    func run() throws {
        let port = try port ?? EnvironmentDefault.value("NEEDLETAIL_PORT") ?? 8080
        guard let number = UInt16(exactly: port) else { throw ValidationError("--port must be 0 to 65535.") }
        let status = try ask(number)
        Output.writeLine("\(path): \(status)")
        if status != 200 { throw ExitCode.failure }
    }

    /// One request over a plain socket, with five seconds for each read and write.
    private func ask(_ port: UInt16) throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Unreachable(port: port) }
        defer { close(descriptor) }
        var timeout = timeval(tv_sec: 5, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Unreachable(port: port) }
        let request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n"
        guard send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL)) == request.utf8.count else {
            throw Unreachable(port: port)
        }
        var reply = [UInt8](repeating: 0, count: 512)
        let count = recv(descriptor, &reply, reply.count, 0)
        guard count > 12 else { throw Unreachable(port: port) }
        let line = String(decoding: reply[..<count], as: UTF8.self)
        return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }
}

struct Unreachable: Error, CustomStringConvertible {
    var port: UInt16
    var description: String { "no server answers on 127.0.0.1:\(port)" }
}
