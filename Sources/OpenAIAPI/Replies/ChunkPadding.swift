import JSON

/// Random text in a chunk, by which its length on the wire hardly tells the length of what it says.
///
/// Whoever watches an encrypted stream sees the length of each event, and from the lengths of all tokens in a row a text
/// can be guessed. OpenAI calls the member `obfuscation`.
enum ChunkPadding {
    /// Chunks are as long as a multiple of this: longer than nearly all tokens are in JSON.
    static let step = 64

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let opening = ",\"obfuscation\":\""

    /// Appends the member to an object to which only the closing brace is missing.
    static func write(to writer: inout JSONWriter) {
        // The quotation mark and the brace are still to come. The text is never empty: a client may want to see that it
        // got what it asked for.
        let length = writer.bytes.count + opening.utf8.count + 2
        var missing = step - length % step
        writer.write(raw: opening)
        var generator = SystemRandomNumberGenerator()
        var text: [UInt8] = []
        while missing > 0 {
            // Ten letters of six bits are in one number.
            var bits = generator.next()
            for _ in 0..<min(missing, 10) {
                text.append(alphabet[Int(bits & 63)])
                bits >>= 6
            }
            missing -= min(missing, 10)
        }
        writer.write(raw: String(decoding: text, as: UTF8.self))
        writer.write(raw: "\"")
    }
}
