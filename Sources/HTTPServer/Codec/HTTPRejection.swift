import HTTPTypes

/// Why a message cannot be served: the status its sender gets, and a sentence that says what to mend.
///
/// The framing of whatever follows a rejected message is unknown, so the connection closes after the answer.
struct HTTPRejection: Error, Hashable {
    var status: HTTPResponse.Status
    var message: String
    /// Seconds after which it may work, for the client to hear.
    var retryAfter: Int?

    static func badRequest(_ message: String) -> HTTPRejection {
        HTTPRejection(status: .badRequest, message: message)
    }
}
