import OpenAIAPI
import Testing

/// Holds the tables against the fields that OpenAI's own specification has: each is a row, honoured or not, so that none
/// is ignored in silence.
///
/// The names are those of openai/openai-openapi 2.3.0.
@Suite struct OpenAIFieldsTests {
    private static let fields: [String: Set<String>] = [
        "CreateChatCompletionRequest": [
            "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs",
            "max_completion_tokens", "max_tokens", "messages", "metadata", "modalities", "model", "moderation", "n",
            "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_options",
            "prompt_cache_retention", "reasoning_effort", "response_format", "safety_identifier", "seed",
            "service_tier", "stop", "store", "stream", "stream_options", "temperature", "tool_choice", "tools",
            "top_logprobs", "top_p", "user", "verbosity", "web_search_options",
        ],
        "CreateCompletionRequest": [
            "best_of", "echo", "frequency_penalty", "logit_bias", "logprobs", "max_tokens", "model", "n",
            "presence_penalty", "prompt", "seed", "stop", "stream", "stream_options", "suffix", "temperature", "top_p",
            "user",
        ],
        "CreateEmbeddingRequest": ["dimensions", "encoding_format", "input", "model", "user"],
    ]

    @Test(arguments: fields.keys.sorted())
    func everyFieldIsARow(schema: String) throws {
        let table = try #require(RequestSchema.all.first { $0.name == schema })
        let known = try #require(Self.fields[schema])
        #expect(known.subtracting(table.fields.map(\.name)).isEmpty)
    }

    /// The same for the members of a streamed request's options and of a message.
    @Test func everyOptionOfAStreamIsARow() {
        for option in ["include_usage", "include_obfuscation"] {
            let error = chatError(chat(#""stream":true,"stream_options":{"\#(option)":1}"#))
            #expect(error?.code == "invalid_type" && error?.param == "stream_options.\(option)")
        }
    }

    @Test(arguments: [
        ("user", #"{"type":"image_url","image_url":{"url":"x"}}"#),
        ("user", #"{"type":"input_audio","input_audio":{"data":"","format":"wav"}}"#),
        ("user", #"{"type":"file","file":{}}"#),
        ("system", #"{"type":"image_url","image_url":{"url":"x"}}"#),
    ])
    func partsThatAreNoTextAreRefusedByPlace(role: String, part: String) {
        let error = chatError(
            conversation(
                #"{"role":"\#(role)","content":"a"},{"role":"\#(role)","content":[{"type":"text","text":"b"},\#(part)]}"#
            ))
        #expect(error?.status == 400)
        #expect(error?.param?.hasPrefix("messages[1].content[1]") == true)
    }

    /// OpenAI counts characters: 16 pairs, names of up to 64, values of up to 512.
    @Test func metadataIsMeasuredInCharacters() {
        func error(_ pairs: [(String, String)]) -> APIError? {
            chatError(chat(#""metadata":{"# + pairs.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",") + "}"))
        }
        let name = String(repeating: "ä", count: 64)
        let value = String(repeating: "😀", count: 512)
        #expect(error([(name, value)]) == nil)
        #expect(error([(name + "a", "")])?.param?.hasPrefix("metadata.") == true)
        #expect(error([("a", value + "a")])?.param == "metadata.a")
        #expect(error([("", "a")]) != nil)
        #expect(error((0..<16).map { ("\($0)", "") }) == nil)
        #expect(error((0..<17).map { ("\($0)", "") })?.param == "metadata")
    }

    @Test func entriesOfStopAreTexts() {
        #expect(chatError(chat(#""stop":null"#)) == nil)
        #expect(chatError(chat(#""stop":[]"#)) == nil)
        #expect(chatError(chat(#""stop":["a",null]"#))?.param == "stop[1]")
        #expect(chatError(chat(#""stop":[null]"#))?.param == "stop")
        #expect(chatError(chat(#""stop":"""#))?.param == "stop")
    }
}
