import JSON

/// Writes the `logprobs` member of a chat's choice.
///
/// Tokens that are not whole characters are shown with U+FFFD; `bytes` has them exactly.
enum ChatLogprobs {
    static func write(_ tokens: [TokenLogprob]?, to writer: inout JSONWriter) {
        guard let tokens else { return writer.write(raw: "null") }
        writer.write(raw: "{\"content\":")
        writer.writeArray(tokens) { writer, token in
            writeToken(token.bytes, token.logprob ?? TokenLogprob.floor, to: &writer)
            writer.write(raw: ",\"top_logprobs\":")
            writer.writeArray(token.alternatives) { writer, candidate in
                writeToken(candidate.bytes, candidate.logprob, to: &writer)
                writer.write(raw: "}")
            }
            writer.write(raw: "}")
        }
        writer.write(raw: ",\"refusal\":null}")
    }

    private static func writeToken(_ bytes: [UInt8], _ logprob: Double, to writer: inout JSONWriter) {
        writer.write(raw: "{\"token\":")
        writer.write(String(decoding: bytes, as: UTF8.self))
        writer.write(raw: ",\"logprob\":")
        writer.write(TokenLogprob.finite(logprob))
        writer.write(raw: ",\"bytes\":")
        writer.writeArray(bytes) { writer, byte in writer.write(Int(byte)) }
    }
}
