import Glibc

/// Where a server listens.
public enum ListenAddress: Hashable, Sendable {
    /// A host name or numeric address, and a port; port 0 lets the kernel choose.
    case internet(host: String, port: Int)
    /// A unix-domain socket at a path. A stale socket there is replaced; the new one is for its owner only.
    case unix(path: String)
}

/// A bound socket that accepts connections, non-blocking.
struct ListeningSocket: ~Copyable, Sendable {
    private let descriptor: FileDescriptor
    let address: SocketAddress

    var rawValue: Int32 { descriptor.rawValue }

    init(_ address: ListenAddress, backlog: Int) throws {
        switch address {
        case .internet(let host, let port): self = try Self.internet(host: host, port: port, backlog: backlog)
        case .unix(let path): self = try Self.unix(path: path, backlog: backlog)
        }
    }

    private init(descriptor: consuming FileDescriptor, address: SocketAddress) {
        self.descriptor = descriptor
        self.address = address
    }

    /// What came of accepting.
    enum Acceptance: ~Copyable {
        case connection(FileDescriptor, SocketAddress)
        case noneWaiting
        /// Descriptors or memory ran out: try again later.
        case exhausted
    }

    func accept() -> Acceptance {
        while true {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let accepted = withUnsafeMutablePointer(to: &storage) { pointer in
                // SAFETY: sockaddr_storage is made to hold, and be viewed as, any socket address.
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.accept(descriptor.rawValue, $0, &length)
                }
            }
            if accepted >= 0 {
                let connection = FileDescriptor(owning: accepted)
                // Glibc's Swift module hides accept4, which would do this in the same call.
                guard fcntl(accepted, F_SETFL, O_NONBLOCK) == 0, fcntl(accepted, F_SETFD, FD_CLOEXEC) == 0 else {
                    continue
                }
                return .connection(connection, SocketAddress(storage) ?? .unix(path: ""))
            }
            switch errno {
            case EAGAIN, EWOULDBLOCK: return .noneWaiting
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted
            // accept(2): errors of the new connection itself count as if it had never come.
            default: continue
            }
        }
    }

    private static func open(_ family: Int32, operation: String) throws -> FileDescriptor {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let raw = socket(family, type, 0)
        guard raw >= 0 else { throw SystemError(code: errno, operation: operation) }
        return FileDescriptor(owning: raw)
    }

    private static func check(_ result: Int32, _ operation: String) throws {
        guard result == 0 else { throw SystemError(code: errno, operation: operation) }
    }
}

extension ListeningSocket {
    private static func internet(host: String, port: Int, backlog: Int) throws -> ListeningSocket {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(host, String(port), &hints, &found)
        guard result == 0, let first = found else {
            throw AddressError(host: host, reason: String(cString: gai_strerror(result)))
        }
        defer { freeaddrinfo(first) }
        let info = first.pointee
        let operation = "listen on \(host):\(port)"
        let descriptor = try open(info.ai_family, operation: operation)
        setOptions(descriptor.rawValue)
        try check(bind(descriptor.rawValue, info.ai_addr, info.ai_addrlen), operation)
        try check(listen(descriptor.rawValue, Int32(clamping: backlog)), operation)
        let address = SocketAddress.local(of: descriptor.rawValue) ?? .internet(host: host, port: port)
        return ListeningSocket(descriptor: descriptor, address: address)
    }

    /// Sets what accepted sockets inherit on Linux, so that no system call is spent on each.
    private static func setOptions(_ descriptor: Int32) {
        func set(_ level: Int32, _ option: Int32, _ value: Int32) {
            var value = value
            // These are refinements: a kernel that lacks one still serves.
            setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        let tcp = Int32(IPPROTO_TCP)
        set(SOL_SOCKET, SO_REUSEADDR, 1)
        set(tcp, TCP_NODELAY, 1)
        // A peer whose machine vanished is noticed within two minutes even if nothing is written.
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(tcp, TCP_KEEPIDLE, 60)
        set(tcp, TCP_KEEPINTVL, 15)
        set(tcp, TCP_KEEPCNT, 4)
        // Unsent bytes wait in the server's own bounded buffer, not in the kernel's large one: a socket is writable only
        // while the peer takes what was sent.
        set(tcp, TCP_NOTSENT_LOWAT, 16 * 1024)
    }

    private static func unix(path: String, backlog: Int) throws -> ListeningSocket {
        let operation = "listen on unix:\(path)"
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else { throw SystemError(code: ENAMETOOLONG, operation: operation) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = try open(AF_UNIX, operation: operation)
        try removeStaleSocket(path, operation: operation)
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) { pointer in
            // SAFETY: a sockaddr_un may be viewed as the sockaddr it begins with.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor.rawValue, $0, length) }
        }
        try check(bound, operation)
        try check(chmod(path, 0o600), operation)
        try check(listen(descriptor.rawValue, Int32(clamping: backlog)), operation)
        return ListeningSocket(descriptor: descriptor, address: .unix(path: path))
    }

    /// Removes a socket file, and nothing but a socket file.
    private static func removeStaleSocket(_ path: String, operation: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw SystemError(code: EEXIST, operation: operation) }
        try check(unlink(path), operation)
    }
}

/// A host name that cannot be resolved.
public struct AddressError: Error, Hashable, CustomStringConvertible {
    public var host: String
    public var reason: String

    public var description: String { "cannot resolve \(host): \(reason)" }
}
