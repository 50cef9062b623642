import JSON
import OpenAIAPI
import OrderedCollections
import Testing

@Suite struct ChatCompletionRequestTests {
    @Test func aMinimalRequestGetsTheDefaults() throws {
        let request = try ChatCompletionRequest(parsing: chat().utf8)
        #expect(request.model == "m")
        #expect(request.conversation.messages == [["role": "user", "content": "hi"]])
        #expect(request.sampling.temperature == 1)
        #expect(request.sampling.topP == 1)
        #expect(request.sampling.topK == nil)
        #expect(request.sampling.minP == 0)
        #expect(request.sampling.typicalP == 1)
        #expect(request.sampling.repetitionPenalty == 1)
        #expect(request.sampling.presencePenalty == 0)
        #expect(request.sampling.frequencyPenalty == 0)
        #expect(request.sampling.logitBias.isEmpty)
        #expect(request.sampling.seed == nil)
        #expect(request.stopping.maxTokens == nil)
        #expect(request.stopping.minTokens == 0)
        #expect(request.stopping.stopTexts.isEmpty)
        #expect(request.stopping.ignoresEndOfText == false)
        #expect(request.stopping.timeout == nil)
        #expect(request.stream == nil)
        #expect(request.choices == 1)
        #expect(request.logprobs == nil)
        #expect(request.conversation.tools.isEmpty && request.conversation.toolChoice == .none)
        #expect(request.conversation.addsGenerationPrompt && !request.conversation.continuesFinalMessage)
        #expect(request.conversation.templateVariables.isEmpty)
    }

    @Test func aModelsDefaultsFillWhatIsLeftOpen() throws {
        let defaults = SamplingDefaults(temperature: 0.6, topP: 0.95, topK: 20, minP: 0.1, repetitionPenalty: 1.05)
        let silent = try ChatCompletionRequest(parsing: chat(#""temperature":null"#).utf8).sampling.with(defaults)
        #expect((silent.temperature, silent.topP, silent.topK) == (0.6, 0.95, 20))
        #expect((silent.minP, silent.repetitionPenalty, silent.typicalP) == (0.1, 1.05, 1))
        // What a request names wins, also where it is the API's own default.
        let named = try ChatCompletionRequest(
            parsing: chat(#""temperature":1,"top_p":1,"top_k":0,"min_p":0,"repetition_penalty":1"#).utf8
        ).sampling
        #expect(named.with(defaults) == named)
        let some = try ChatCompletionRequest(parsing: chat(#""temperature":0,"top_k":-1"#).utf8).sampling
        #expect((some.with(defaults).temperature, some.with(defaults).topK) == (0, nil))
        #expect(some.with(defaults).topP == 0.95)
        #expect(some.with(SamplingDefaults()) == some)
    }

    @Test func everyHonouredFieldArrives() throws {
        let request = try ChatCompletionRequest(
            parsing: chat(
                #"""
                "temperature":0,"top_p":0.5,"top_k":40,"min_p":0.05,"typical_p":0.9,"repetition_penalty":1.1,
                "presence_penalty":-2,"frequency_penalty":2,"logit_bias":{"0":-100,"7":0.5},
                "seed":-9223372036854775808,"max_completion_tokens":9,"max_tokens":9,"min_tokens":2,
                "stop":["a","b"],"stop_token_ids":[1,2],"ignore_eos":true,"timeout":1.5,"stream":true,
                "stream_options":{"include_usage":true},"n":8,"logprobs":true,"top_logprobs":20,
                "chat_template_kwargs":{"enable_thinking":false},"reasoning_effort":"low"
                """#
            ).utf8)
        #expect(request.sampling.temperature == 0)
        #expect(request.sampling.topP == 0.5)
        #expect(request.sampling.topK == 40)
        #expect(request.sampling.minP == 0.05)
        #expect(request.sampling.typicalP == 0.9)
        #expect(request.sampling.repetitionPenalty == 1.1)
        #expect(request.sampling.presencePenalty == -2)
        #expect(request.sampling.frequencyPenalty == 2)
        #expect(request.sampling.logitBias == [0: -100, 7: 0.5])
        #expect(request.sampling.seed == Int.min)
        #expect(request.stopping.maxTokens == 9)
        #expect(request.stopping.minTokens == 2)
        #expect(request.stopping.stopTexts == ["a", "b"])
        #expect(request.stopping.stopTokenIDs == [1, 2])
        #expect(request.stopping.ignoresEndOfText)
        #expect(request.stopping.timeout == 1.5)
        #expect(request.stream?.includeUsage == true)
        #expect(request.choices == 8)
        #expect(request.logprobs == 20)
        #expect(request.conversation.templateVariables == ["enable_thinking": false, "reasoning_effort": "low"])
    }

    @Test func nullIsAbsence() throws {
        let members = RequestSchema.chatCompletion.fields.filter { !$0.isRequired }.map { "\"\($0.name)\":null" }
        let request = try ChatCompletionRequest(parsing: chat(members.joined(separator: ",")).utf8)
        #expect(request.sampling.temperature == 1)
        #expect(request.choices == 1)
    }

    /// Values by which official and popular clients say what is the case anyway.
    @Test(arguments: [
        #""store":false"#, #""store":true"#, #""verbosity":"low""#,
        #""tool_choice":"auto""#, #""parallel_tool_calls":true"#, #""modalities":["text"]"#,
        #""response_format":{"type":"text"}"#, #""service_tier":"auto""#, #""verbosity":"medium""#, #""user":"u""#,
        #""metadata":{"a":"b"}"#, #""top_k":-1"#, #""top_k":0"#, #""max_tokens":5.0"#, #""stop":[]"#, #""tools":[]"#,
        #""cache_prompt":true"#, #""function_call":"none""#, #""skip_special_tokens":true"#, #""length_penalty":1.0"#,
        #""prediction":{"type":"content","content":"x"}"#, #""stream":true,"stream_options":{}"#, #""bad_words":[]"#,
        #""logprobs":false,"top_logprobs":0"#, #""temperature":1e0"#, #""stop":"END""#, #""repetition_penalty":0.01"#,
    ])
    func harmlessValuesPass(members: String) {
        #expect(chatError(chat(members)) == nil)
    }

    @Test(arguments: [
        (#""temperature":-0.1"#, "temperature", "decimal_below_min_value"),
        (#""temperature":2.01"#, "temperature", "decimal_above_max_value"),
        (#""temperature":"1""#, "temperature", "invalid_type"),
        (#""top_p":7"#, "top_p", "decimal_above_max_value"),
        (#""top_p":true"#, "top_p", "invalid_type"),
        (#""top_k":-2"#, "top_k", "integer_below_min_value"),
        (#""top_k":1.5"#, "top_k", "invalid_type"),
        (#""min_p":-1"#, "min_p", "decimal_below_min_value"),
        (#""repetition_penalty":0"#, "repetition_penalty", "decimal_below_min_value"),
        (#""presence_penalty":3"#, "presence_penalty", "decimal_above_max_value"),
        (#""n":0"#, "n", "integer_below_min_value"),
        (#""n":129"#, "n", "integer_above_max_value"),
        (#""n":9223372036854775808"#, "n", "integer_above_max_value"),
        (#""n":-1e300"#, "n", "integer_below_min_value"),
        (#""n":"1""#, "n", "invalid_type"),
        (#""n":[]"#, "n", "invalid_type"),
        (#""seed":9223372036854775808"#, "seed", "integer_above_max_value"),
        (#""seed":0.5"#, "seed", "invalid_type"),
        (#""max_tokens":0"#, "max_tokens", "integer_below_min_value"),
        (#""max_tokens":-1"#, "max_tokens", "integer_below_min_value"),
        (#""max_completion_tokens":5,"max_tokens":6"#, "max_tokens", "invalid_value"),
        (#""min_tokens":6,"max_tokens":5"#, "min_tokens", "invalid_value"),
        (#""stop":"""#, "stop", "invalid_value"),
        (#""stop":["a","b",""]"#, "stop[2]", "invalid_value"),
        (#""stop":["a","b","c","d","e"]"#, "stop", "invalid_value"),
        (#""stop":["a",5]"#, "stop[1]", "invalid_type"),
        (#""stop":5"#, "stop", "invalid_type"),
        (#""logit_bias":{"12x":1}"#, "logit_bias.12x", "invalid_value"),
        (#""logit_bias":{"-1":1}"#, "logit_bias.-1", "invalid_value"),
        (#""logit_bias":{"01":1}"#, "logit_bias.01", "invalid_value"),
        (#""logit_bias":{"4294967296":1}"#, "logit_bias.4294967296", "invalid_value"),
        (#""logit_bias":{"1":101}"#, "logit_bias.1", "decimal_above_max_value"),
        (#""logit_bias":{"1":null}"#, "logit_bias.1", "invalid_type"),
        (#""logit_bias":[]"#, "logit_bias", "invalid_type"),
        (#""top_logprobs":1"#, "top_logprobs", "invalid_value"),
        (#""logprobs":true,"top_logprobs":21"#, "top_logprobs", "integer_above_max_value"),
        (#""logprobs":1"#, "logprobs", "invalid_type"),
        (#""stream":"true""#, "stream", "invalid_type"),
        (#""stream_options":{"include_usage":true}"#, "stream_options", "invalid_value"),
        (#""stream":true,"stream_options":{"x":1}"#, "stream_options.x", "unknown_parameter"),
        (#""stream":true,"stream_options":{"include_usage":1}"#, "stream_options.include_usage", "invalid_type"),
        (#""foo":1"#, "foo", "unknown_parameter"),
        (#""foo":null"#, "foo", "unknown_parameter"),
        (#""tool_choice":"required""#, "tool_choice", "unsupported_value"),
        (#""tool_choice":{"type":"function","function":{"name":"f"}}"#, "tool_choice", "unsupported_value"),
        (#""tool_choice":"sometimes""#, "tool_choice", "invalid_value"),
        (#""response_format":{"type":"json_object"}"#, "response_format", "unsupported_parameter"),
        (
            #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}}"#, "response_format",
            "unsupported_parameter"
        ),
        (#""response_format":{"type":"xml"}"#, "response_format.type", "invalid_value"),
        (#""response_format":{}"#, "response_format.type", "missing_required_parameter"),
        (#""response_format":"text""#, "response_format", "invalid_type"),
        (#""store":1"#, "store", "invalid_type"),
        (#""verbosity":"loud""#, "verbosity", "invalid_value"),
        (#""prompt_embeds":"AAAA""#, "prompt_embeds", "unsupported_parameter"),
        (#""guided_json":{}"#, "guided_json", "unsupported_parameter"),
        (#""chat_template":"x""#, "chat_template", "unsupported_parameter"),
        (#""chat_template_kwargs":[]"#, "chat_template_kwargs", "invalid_type"),
        (#""functions":[]"#, "functions", "unsupported_parameter"),
        (#""continue_final_message":true"#, "continue_final_message", "invalid_value"),
        (
            #""continue_final_message":true,"add_generation_prompt":true"#, "add_generation_prompt", "invalid_value"
        ),
        (#""metadata":{"a":1}"#, "metadata.a", "invalid_type"),
        (#""timeout":0"#, "timeout", "decimal_below_min_value"),
    ])
    func badValuesAreRefusedByName(members: String, param: String, code: String) {
        let error = chatError(chat(members))
        #expect(error?.status == 400)
        #expect(error?.type == "invalid_request_error")
        #expect(error?.param == param)
        #expect(error?.code == code)
    }

    @Test func limitsOnCountsAndLengths() {
        let stop = String(repeating: "é", count: 128)
        #expect(chatError(chat(#""stop":"\#(stop)""#)) == nil)
        #expect(chatError(chat(#""stop":"\#(stop)x""#))?.param == "stop")
        let bias = (0...1024).map { "\"\($0)\":0" }
        #expect(chatError(chat(#""logit_bias":{\#(bias.dropLast().joined(separator: ","))}"#)) == nil)
        #expect(chatError(chat(#""logit_bias":{\#(bias.joined(separator: ","))}"#))?.param == "logit_bias")
        let message = #"{"role":"user","content":"x"}"#
        let messages = Array(repeating: message, count: 4096).joined(separator: ",")
        #expect(chatError(conversation(messages)) == nil)
        #expect(chatError(conversation(messages + "," + message))?.param == "messages")
    }

    @Test func bodiesThatAreNoObjects() {
        #expect(chatError(#"{"model":"#)?.code == "invalid_json")
        #expect(chatError("")?.code == "invalid_json")
        #expect(chatError("[]")?.message == "The request body must be a JSON object, but it is an array.")
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(chatError(chat(#""documents":\#(deep)"#))?.code == "invalid_json")
    }

    @Test(arguments: ["1e400", "-1e400", "NaN", "Infinity", "-Infinity"])
    func numbersThatNothingCanHoldAreTheirFieldsFault(number: String) {
        #expect(chatError(chat(#""temperature":\#(number)"#))?.code == "invalid_json")
        #expect(chatError(chat(#""temperature":\#(number)"#))?.param == "temperature")
        #expect(chatError(chat(#""logit_bias":{"1":0,"2":\#(number)}"#))?.param == "logit_bias.2")
        #expect(chatError(chat(#""stop_token_ids":[1,\#(number)]"#))?.param == "stop_token_ids[1]")
        #expect(chatError(number)?.param == nil)
    }

    @Test func integersBelowTheLeastAreOutOfRange() {
        #expect(chatError(chat(#""seed":\#(Int.min)"#)) == nil)
        #expect(chatError(chat(#""seed":-9223372036854775809"#))?.code == "integer_below_min_value")
        #expect(chatError(chat(#""seed":9223372036854775808"#))?.code == "integer_above_max_value")
    }

    @Test func missingFieldsAreNamed() {
        #expect(chatError("{}")?.message == "Missing required parameter: 'model'.")
        #expect(chatError(#"{"model":"m"}"#)?.param == "messages")
        #expect(chatError(#"{"model":null,"messages":[]}"#)?.param == "messages")
        #expect(chatError(#"{"model":5,"messages":[]}"#)?.param == "model")
    }

    @Test func unknownNamesAreQuotedInPart() {
        let name = String(repeating: "x", count: 100_000)
        let error = chatError(chat("\"\(name)\":1"))
        #expect(error?.code == "unknown_parameter")
        #expect((error?.message.utf8.count ?? 0) < 200)
    }

    @Test func theWordsForAnUnknownField() {
        #expect(chatError(chat(#""foo":1"#))?.message == "Unrecognized request argument supplied: foo")
    }
}
