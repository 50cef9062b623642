import JSON

/// The members that every reply and every chunk of a stream begins with, rendered once.
struct ReplyFrame: Sendable {
    /// JSON text up to and including `"choices":[`.
    let opening: String

    init(_ identity: ReplyIdentity, object: String) {
        var writer = JSONWriter()
        writer.write(raw: "{\"id\":")
        writer.write(identity.id)
        writer.write(raw: ",\"object\":\"\(object)\",\"created\":\(identity.created),\"model\":")
        writer.write(identity.model)
        writer.write(raw: ",\"system_fingerprint\":")
        writer.write(identity.systemFingerprint)
        if let tier = identity.serviceTier { writer.write(raw: ",\"service_tier\":\"\(tier.rawValue)\"") }
        writer.write(raw: ",\"choices\":[")
        opening = String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension JSONWriter {
    mutating func write(_ reason: FinishReason?) { write(optional: reason?.rawValue) }
}
