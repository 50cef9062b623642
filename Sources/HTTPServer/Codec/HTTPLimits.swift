/// Everything a client may ask the server to hold or wait for, with the answer when it asks for more.
///
/// Each limit has a defined answer, so a client learns what went wrong instead of meeting silence.
public struct HTTPLimits: Sendable, Hashable {
    /// Longest request line in bytes, without its line end (default 8 KiB). Over it: 414.
    ///
    /// RFC 9112 3 asks for at least 8000.
    public var requestLineBytes = 8 * 1024

    /// All header field lines together, in bytes (default 64 KiB). Over it: 431.
    ///
    /// OpenAI's clients are promised room for 64 KiB of headers.
    public var headerBytes = 64 * 1024

    /// Number of header fields (default 100). Over it: 431.
    public var headerFields = 100

    /// Largest request body in bytes, unless a route names its own (default 8 MiB). Over it: 413.
    public var bodyBytes = 8 * 1024 * 1024

    /// Request bodies that the server holds at once, all together (default 256 MiB). Over it: 503.
    ///
    /// A body counts as its bytes arrive, until the handler that got it returns. Should be no less than ``bodyBytes``.
    public var totalBodyBytes = 256 * 1024 * 1024

    /// Extension text behind one chunk size, in bytes (default 256). Over it: 400.
    public var chunkExtensionBytes = 256

    /// Extension text of all chunks of one message, in bytes (default 4 KiB). Over it: 400.
    public var chunkExtensionTotalBytes = 4 * 1024

    /// Chunk framing a message may carry beyond as many bytes as its payload (default 64 KiB). Over it: 400.
    ///
    /// One-byte chunks cost five framing bytes each; nobody sends megabytes that way in good faith.
    public var chunkOverheadBytes = 64 * 1024

    /// Trailer section of a chunked body, in bytes (default 8 KiB). Over it: 431. Trailers are checked and dropped.
    public var trailerBytes = 8 * 1024

    /// Bytes of pipelined requests kept while one is being answered (default 16 KiB). Over it: reading pauses.
    public var pipelineBytes = 16 * 1024

    /// Response bytes queued for one connection before a handler that streams waits (default 64 KiB).
    public var outputBytes = 64 * 1024

    /// Bytes read and dropped after a refused request so that its client can read the answer (default 32 MiB).
    public var lingerBytes = 32 * 1024 * 1024

    /// Time from the first byte of a request to the end of its head (default 10 s). Over it: 408.
    public var headerTimeout: Duration = .seconds(10)

    /// Time before ``bodyBytesPerSecond`` is enforced, and longest pause within a body (default 10 s). Over it: 408.
    public var bodyGrace: Duration = .seconds(10)

    /// Slowest average rate of a request body (default 1 KiB/s). Below it: 408.
    public var bodyBytesPerSecond = 1024

    /// Time a connection may stay open without a request (default 60 s). Over it: closed.
    public var idleTimeout: Duration = .seconds(60)

    /// Time without the peer taking a single byte of those that wait for it (default 30 s). Over it: closed, handler
    /// cancelled.
    ///
    /// Each byte the peer's kernel acknowledges buys back its share of a second, so taking one now and then does not help.
    public var writeStallTimeout: Duration = .seconds(30)

    /// Slowest average rate at which a peer takes bytes that wait for it (default 256 B/s). Below it: given up.
    ///
    /// About one event of a stream a second. TCP does not tell slower readers from dead ones within
    /// ``writeStallTimeout`` in any case: a full receive buffer of the usual 128 KiB is announced to have room again only
    /// once a sixteenth of it is free, and 8 KiB in 30 s are 273 B/s.
    public var outputBytesPerSecond = 256

    /// Time the server waits for the peer to close first after the last response (default 5 s).
    public var lingerTimeout: Duration = .seconds(5)

    /// Time between two probes of a peer that stopped sending while it waits for an answer (default 5 s).
    public var halfClosedProbeInterval: Duration = .seconds(5)

    /// Connections open at once (default 1024), never more than the file descriptor limit less 64. Over it: 503.
    public var connections = 1024

    /// Connections open at once from one IPv4 address or one IPv6 /64 (default 256). Over it: 429.
    ///
    /// Not for loopback and unix-domain sockets: whoever can use those can stop the server by other means. A proxy in
    /// front of the server on another machine needs as many as ``connections``.
    public var connectionsPerClient = 256

    public init() {}
}
