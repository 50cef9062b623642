import Dispatch
import Glibc

/// A client that speaks bytes: it sends what it is told, however wrong, and reads what comes.
///
/// It waits with dispatch sources, never by blocking a thread that a server under test may need.
final class RawClient: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "raw-client")
    private let state = ClientState()

    /// Connects to a port of this machine.
    init(port: Int, receiveBuffer: Int32? = nil, source: String? = nil) async throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        descriptor = try Self.connect(AF_INET, receiveBuffer: receiveBuffer, source: source) { descriptor in
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }

    init(unixPath: String) async throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: unixPath.utf8) }
        descriptor = try Self.connect(AF_UNIX, receiveBuffer: nil) { descriptor in
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
    }

    deinit {
        close()
    }

    private static func connect(
        _ family: Int32, receiveBuffer: Int32?, source: String? = nil, _ connect: (Int32) -> Int32
    ) throws -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "socket: \(errno)") }
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        if let source {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr(source)
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard bound == 0 else { throw Failure(description: "bind: \(errno)") }
        }
        guard connect(descriptor) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw Failure(description: "connect: \(String(cString: strerror(code)))")
        }
        guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else { throw Failure(description: "fcntl: \(errno)") }
        return descriptor
    }

    func send(_ text: String) async throws {
        try await send([UInt8](latin1: text))
    }

    func send(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                await wait(DispatchSource.makeWriteSource(fileDescriptor: descriptor, queue: queue))
            } else {
                throw Failure(description: "send: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// The next bytes, empty at the end of the stream.
    func receive() async throws -> [UInt8] {
        while true {
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count >= 0 { return Array(buffer[..<count]) }
            guard errno == EAGAIN else { throw Failure(description: "recv: \(String(cString: strerror(errno)))") }
            await wait(DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue))
        }
    }

    /// `shutdown(SHUT_WR)`: no more to send, still listening.
    func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    func close() {
        if state.beginClose() { Glibc.close(descriptor) }
    }

    /// Closes with a reset instead of a FIN.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func takeUnread() -> [UInt8] { state.takeUnread() }

    func putBack(_ bytes: [UInt8]) { state.putBack(bytes) }

    private func wait(_ source: any DispatchSourceProtocol) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let cancel = SourceCancel(source: source)
            source.setEventHandler(handler: DispatchWorkItem { cancel.source.cancel() })
            source.setCancelHandler(handler: DispatchWorkItem { continuation.resume() })
            source.activate()
        }
    }

    /// SAFETY: dispatch sources may be used from any thread.
    private struct SourceCancel: @unchecked Sendable {
        let source: any DispatchSourceProtocol
    }
}
