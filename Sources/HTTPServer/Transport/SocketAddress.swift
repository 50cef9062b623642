import Glibc

/// Where a socket is bound or who its peer is.
public enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// A numeric IPv4 or IPv6 address and a port.
    case internet(host: String, port: Int)
    /// A unix-domain socket; peers have no path of their own.
    case unix(path: String)

    /// The port, or nil for a unix-domain socket.
    public var port: Int? {
        if case .internet(_, let port) = self { port } else { nil }
    }

    /// Whether only this machine can reach the address.
    public var isLoopback: Bool {
        switch self {
        case .internet(let host, _): host.hasPrefix("127.") || host == "::1" || host.hasPrefix("::ffff:127.")
        case .unix: true
        }
    }

    public var description: String {
        switch self {
        case .internet(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    init?(_ storage: sockaddr_storage) {
        var storage = storage
        switch Int32(storage.ss_family) {
        case AF_INET:
            let address = withUnsafeBytes(of: &storage) { $0.load(as: sockaddr_in.self) }
            var host = address.sin_addr
            self = .internet(host: Self.text(AF_INET, &host), port: Int(UInt16(bigEndian: address.sin_port)))
        case AF_INET6:
            let address = withUnsafeBytes(of: &storage) { $0.load(as: sockaddr_in6.self) }
            var host = address.sin6_addr
            self = .internet(host: Self.text(AF_INET6, &host), port: Int(UInt16(bigEndian: address.sin6_port)))
        case AF_UNIX:
            self = .unix(path: "")
        default:
            return nil
        }
    }

    private static func text(_ family: Int32, _ address: UnsafeRawPointer) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
            guard let base = buffer.baseAddress,
                let text = inet_ntop(family, address, base, socklen_t(buffer.count))
            else { return "?" }
            return String(cString: text)
        }
    }

    /// The address a bound socket got.
    static func local(of descriptor: Int32) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            // SAFETY: sockaddr_storage is made to hold, and be viewed as, any socket address.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return result == 0 ? SocketAddress(storage) : nil
    }
}
