import JSON
import OpenAIAPI
import Testing

/// The error that a chat body is refused with, or nil.
func chatError(_ body: String) -> APIError? {
    error { () throws(APIError) in _ = try ChatCompletionRequest(parsing: body.utf8) }
}

/// The error that a text completion's body is refused with, or nil.
func completionError(_ body: String) -> APIError? {
    error { () throws(APIError) in _ = try CompletionRequest(parsing: body.utf8) }
}

func error(_ body: () throws(APIError) -> Void) -> APIError? {
    do {
        try body()
        return nil
    } catch {
        return error
    }
}

/// A chat with one message and more members, given as JSON text.
func chat(_ members: String = "") -> String {
    #"{"model":"m","messages":[{"role":"user","content":"hi"}]\#(members.isEmpty ? "" : ",")\#(members)}"#
}

/// A chat with these messages, given as JSON text.
func conversation(_ messages: String) -> String { #"{"model":"m","messages":[\#(messages)]}"# }

/// A text completion with more members, given as JSON text.
func completion(_ members: String = "") -> String {
    #"{"model":"m","prompt":"hi"\#(members.isEmpty ? "" : ",")\#(members)}"#
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

let identity = ReplyIdentity(id: "id-1", created: 1_700_000_000, model: "m", systemFingerprint: "fp")
