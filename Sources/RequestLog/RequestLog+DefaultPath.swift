#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension RequestLog {
    /// Where the log lies if nobody says otherwise: `$NEEDLETAIL_REQUEST_LOG`, or `needletail/requests.sqlite`
    /// in `$XDG_STATE_HOME`, or the same in `~/.local/state`.
    ///
    /// A relative `$XDG_STATE_HOME` is ignored, as the XDG base directory specification demands. Returns `nil`
    /// for a user without a home directory, who has to name a path.
    public static func defaultPath() -> String? {
        defaultPath { name in getenv(name).map { String(cString: $0) } }
    }

    /// As `defaultPath()`, with the variables from a function.
    public static func defaultPath(environment: (String) -> String?) -> String? {
        func value(_ name: String) -> String? {
            environment(name).flatMap { $0.isEmpty ? nil : $0 }
        }
        if let path = value("NEEDLETAIL_REQUEST_LOG") { return path }
        if let state = value("XDG_STATE_HOME"), state.hasPrefix("/") {
            return state + "/needletail/requests.sqlite"
        }
        return value("HOME").map { $0 + "/.local/state/needletail/requests.sqlite" }
    }
}
