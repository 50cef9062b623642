import Glibc

/// What counts as one client when connections are capped: an IPv4 address, or the /64 that one IPv6 site has.
///
/// Capping single IPv6 addresses would cap nobody: every host chooses among 2^64.
struct ClientNetwork: Hashable, Sendable {
    private let isVersion4: Bool
    private let prefix: UInt64

    /// Nil for a unix-domain socket, which has no address.
    init?(_ address: SocketAddress) {
        guard case .internet(let host, _) = address else { return nil }
        var version4 = in_addr()
        let mapped = host.hasPrefix("::ffff:") ? String(host.dropFirst(7)) : host
        if inet_pton(AF_INET, mapped, &version4) == 1 {
            isVersion4 = true
            prefix = UInt64(version4.s_addr)
            return
        }
        var version6 = in6_addr()
        guard inet_pton(AF_INET6, host, &version6) == 1 else { return nil }
        isVersion4 = false
        prefix = withUnsafeBytes(of: &version6) { $0.loadUnaligned(as: UInt64.self) }
    }
}
