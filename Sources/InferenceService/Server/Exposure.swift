/// Addresses that only this machine can reach.
enum LoopbackHost {
    static func contains(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
    }
}

/// The server would be open to other machines without anybody having said so.
struct ExposureError: Error, CustomStringConvertible {
    var host: String
    var description: String {
        "\(host) can be reached from other machines and no API keys protect the server. "
            + "Name a file of keys with --api-keys, bind to 127.0.0.1, or say --insecure-no-auth if something in front "
            + "of it does the checking."
    }
}

/// Every web page that somebody on this machine looks at could use the server.
struct OpenToPagesError: Error, CustomStringConvertible {
    var description: String {
        "--cors-origin '*' would let every web page use the server, and no API keys protect it. "
            + "List the origins that may, or name a file of keys with --api-keys."
    }
}
