/// What all parts of one reply share: every chunk of a stream repeats it.
public struct ReplyIdentity: Hashable, Sendable {
    /// Such as `chatcmpl-8fT...`; not the request's tracing id.
    public var id: String
    /// Seconds since 1970.
    public var created: Int
    /// The model's served name, never a file path.
    public var model: String
    /// Names the build and the configuration that computed the reply.
    public var systemFingerprint: String

    /// The tier that served the request, if the request asked about tiers.
    public var serviceTier: ServiceOptions.Tier?

    public init(
        id: String, created: Int, model: String, systemFingerprint: String, serviceTier: ServiceOptions.Tier? = nil
    ) {
        self.id = id
        self.created = created
        self.model = model
        self.systemFingerprint = systemFingerprint
        self.serviceTier = serviceTier
    }

    /// A fresh id for a reply of `POST /v1/chat/completions`.
    public static func chatCompletionID() -> String {
        var generator = SystemRandomNumberGenerator()
        return id(prefix: "chatcmpl-", using: &generator)
    }

    /// A fresh id for a reply of `POST /v1/completions`.
    public static func completionID() -> String {
        var generator = SystemRandomNumberGenerator()
        return id(prefix: "cmpl-", using: &generator)
    }

    /// A fresh id for a reply of an endpoint that generates no text.
    public static func textTaskID(_ kind: TextTask) -> String {
        var generator = SystemRandomNumberGenerator()
        return id(prefix: kind.rawValue + "-", using: &generator)
    }

    /// Endpoints that compute something of texts, as their replies' ids begin.
    public enum TextTask: String, Sendable {
        case rerank
        case score
        case classify
        case fillMask = "fillmask"
    }

    /// 24 letters and digits hold 142 bits, so that ids never meet.
    static func id(prefix: String, using generator: inout some RandomNumberGenerator) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        var bytes = Array(prefix.utf8)
        for _ in 0..<24 { bytes.append(alphabet[Int.random(in: alphabet.indices, using: &generator)]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
