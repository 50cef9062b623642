import JSON
import OpenAIAPI
import Testing

@Suite struct ChatMessageTests {
    private func messages(_ text: String) throws -> [JSONValue] {
        try ChatCompletionRequest(parsing: conversation(text).utf8).conversation.messages
    }

    @Test func partsOfTextAreJoined() throws {
        let parts = #"{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#
        #expect(try messages(parts) == [["role": "user", "content": "a\nb"]])
    }

    @Test func olderAndNewerRolesBecomeTheUsualOnes() throws {
        let conversation = #"""
            {"role":"developer","content":"be brief"},{"role":"user","content":""},
            {"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{\"b\":1,\"a\":2}"}},
            {"role":"function","name":"f","content":"3"}
            """#
        #expect(
            try messages(conversation) == [
                ["role": "system", "content": "be brief"],
                ["role": "user", "content": ""],
                [
                    "role": "assistant", "content": nil,
                    "tool_calls": [
                        ["type": "function", "function": ["name": "f", "arguments": ["b": 1, "a": 2]]]
                    ],
                ],
                ["role": "tool", "name": "f", "content": "3"],
            ])
    }

    /// A message as the Python client dumps it, with all its nulls.
    @Test func nullMembersAreDropped() throws {
        let dumped = #"""
            {"role":"user","content":"q","name":null},
            {"content":"a","refusal":null,"role":"assistant","annotations":[],"audio":null,"function_call":null,
             "tool_calls":null}
            """#
        #expect(
            try messages(dumped) == [
                ["role": "user", "content": "q"], ["content": "a", "role": "assistant"],
            ])
    }

    @Test func argumentsOfCallsAreReadIfTheyAreObjects() throws {
        let written = [#"{\"x\":[1.0,2]}"#, "", "not json", "[1]"]
        let calls = written.map {
            #"{"id":"c","type":"function","function":{"name":"f","arguments":"\#($0)"}}"#
        }
        let message = try messages(#"{"role":"assistant","tool_calls":[\#(calls.joined(separator: ","))]}"#)
        let read = message.first?["tool_calls"]?.arrayValue?.map { $0["function"]?["arguments"] }
        #expect(read == [["x": [1.0, 2]], [:], "not json", "[1]"])
        #expect(message.first?["content"] == nil)
    }

    @Test func aRefusalIsContent() throws {
        #expect(
            try messages(#"{"role":"assistant","refusal":"no"}"#)
                == [["role": "assistant", "refusal": "no", "content": "no"]])
        let part = #"{"role":"assistant","content":[{"type":"refusal","refusal":"never"}]}"#
        #expect(try messages(part) == [["role": "assistant", "content": "never"]])
    }

    @Test(arguments: [
        (#"{"role":"user"}"#, "messages[0].content"),
        (#"{"role":"user","content":null}"#, "messages[0].content"),
        (#"{"role":"user","content":5}"#, "messages[0].content"),
        (#"{"role":"user","content":[]}"#, "messages[0].content"),
        (#"{"role":"user","content":["a"]}"#, "messages[0].content"),
        (#"{"role":"user","content":[{"type":"text"}]}"#, "messages[0].content[0].text"),
        (#"{"role":"user","content":[{"type":"text","text":"a","x":1}]}"#, "messages[0].content[0].x"),
        (
            #"{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"u"}}]}"#,
            "messages[0].content[1]"
        ),
        (#"{"role":"user","content":[{"type":"poem"}]}"#, "messages[0].content[0].type"),
        (#"{"role":"user","content":"a"},{"role":"assistant"}"#, "messages[1].content"),
        (#"{"role":"assistant","content":null,"tool_calls":[]}"#, "messages[0].content"),
        (#"{"role":"tool","content":"x"}"#, "messages[0].tool_call_id"),
        (#"{"role":"function","content":"x"}"#, "messages[0].name"),
        (#"{"role":"king","content":"x"}"#, "messages[0].role"),
        (#"{"role":7,"content":"x"}"#, "messages[0].role"),
        (#"{"content":"x"}"#, "messages[0].role"),
        (#"{"role":"user","content":"x","foo":1}"#, "messages[0].foo"),
        (#"{"role":"user","content":"x","tool_calls":[]}"#, "messages[0].tool_calls"),
        (#""hi""#, "messages[0]"),
        ("null", "messages[0]"),
        (
            #"{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f"}}]}"#,
            "messages[0].tool_calls[0].function.arguments"
        ),
        (
            #"{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"a b","arguments":""}}]}"#,
            "messages[0].tool_calls[0].function.name"
        ),
    ])
    func badMessagesAreRefusedByPlace(messages: String, param: String) {
        let error = chatError(conversation(messages))
        #expect(error?.status == 400)
        #expect(error?.param == param)
    }

    @Test func anEmptyConversationIsRefused() {
        #expect(chatError(conversation(""))?.param == "messages")
    }

    @Test func anAssistantsMessageCanBeContinued() throws {
        let body = #"""
            {"model":"m","continue_final_message":true,
             "messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"Hel"}]}
            """#
        let request = try ChatCompletionRequest(parsing: body.utf8)
        #expect(request.conversation.continuesFinalMessage && !request.conversation.addsGenerationPrompt)
    }

    @Test func toolsKeepTheirOrder() throws {
        let tool = #"""
            {"type":"function","function":{"parameters":{"type":"object","properties":{"z":{},"a":{}}},"name":"f_1"}}
            """#
        let request = try ChatCompletionRequest(parsing: chat(#""tools":[\#(tool)]"#).utf8)
        #expect(request.conversation.toolChoice == .auto)
        #expect(
            request.conversation.tools.first?.text
                == #"{"type":"function","function":{"parameters":{"type":"object","properties":{"z":{},"a":{}}},"name":"f_1"}}"#
        )
    }

    @Test(arguments: [
        (#"{"type":"function"}"#, "tools[0].function"),
        (#"{"type":"function","function":{}}"#, "tools[0].function.name"),
        (#"{"type":"function","function":{"name":""}}"#, "tools[0].function.name"),
        (#"{"type":"function","function":{"name":"f","strict":true}}"#, "tools[0].function.strict"),
        (#"{"type":"function","function":{"name":"f","parameters":"x"}}"#, "tools[0].function.parameters"),
        (#"{"type":"custom","custom":{"name":"c"}}"#, "tools[0]"),
        (#"{"function":{"name":"f"}}"#, "tools[0].type"),
    ])
    func badToolsAreRefusedByPlace(tool: String, param: String) {
        #expect(chatError(chat(#""tools":[\#(tool)]"#))?.param == param)
    }
}
