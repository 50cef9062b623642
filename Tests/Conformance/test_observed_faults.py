"""What other servers were seen to do wrong, one id for each; here it has to be right."""

import json

import httpx
import pytest
from raw import Connection

CHAT, TEXT, EMBED = "/v1/chat/completions", "/v1/completions", "/v1/embeddings"
MESSAGES = [{"role": "user", "content": "Give me a number."}]


def error_of(response, status, **expected):
    assert response.status_code == status, response.text
    error = response.json()["error"]
    for name, value in expected.items():
        assert error[name] == value, error
    return error


def test_bad_json_is_the_clients_fault(http):
    for path in (CHAT, TEXT):
        response = http.post(path, content=b'{"model":', headers={"content-type": "application/json"})
        error_of(response, 400, type="invalid_request_error")


def test_an_unknown_model(http):
    for path, body in ((CHAT, {"messages": MESSAGES}), (TEXT, {"prompt": "a"})):
        error_of(http.post(path, json={"model": "nope", **body}), 404, code="model_not_found", param="model")


def test_the_reply_names_the_model_that_was_asked_for(http, model):
    reply = http.post(TEXT, json={"model": model, "prompt": "a", "max_tokens": 1}).json()
    assert reply["model"] == model


def test_a_model_by_its_name(http, model):
    assert http.get(f"/v1/models/{model}").json()["id"] == model
    error_of(http.get("/v1/models/x"), 404, code="model_not_found")


@pytest.mark.parametrize("path", [CHAT, TEXT])
def test_a_wrong_method(http, path):
    response = http.get(path)
    error_of(response, 405)
    assert "POST" in response.headers["allow"]


def test_usage_is_summed_over_prompts(http, model):
    prompts = ["The capital of France is", "One two"]
    body = {"model": model, "max_tokens": 2, "ignore_eos": True}
    usage = http.post(TEXT, json={**body, "prompt": prompts}).json()["usage"]
    alone = [http.post(TEXT, json={**body, "prompt": prompt}).json()["usage"] for prompt in prompts]
    assert usage["completion_tokens"] == 4
    assert usage["prompt_tokens"] == sum(one["prompt_tokens"] for one in alone)
    assert usage["total_tokens"] == usage["prompt_tokens"] + 4


def test_echo_with_logprobs(http, model):
    body = {"model": model, "prompt": "The capital of France is", "max_tokens": 2, "echo": True, "logprobs": 1}
    choice = http.post(TEXT, json=body).json()["choices"][0]
    assert choice["text"].startswith(body["prompt"])
    scores = choice["logprobs"]
    assert scores.keys() == {"tokens", "token_logprobs", "top_logprobs", "text_offset"}
    assert len({len(column) for column in scores.values()}) == 1
    assert "".join(scores["tokens"]) == choice["text"]
    assert scores["token_logprobs"][0] is None and None not in scores["token_logprobs"][1:]


@pytest.mark.parametrize("echo", [False, True])
def test_no_tokens_are_no_tokens(http, model, echo):
    reply = http.post(TEXT, json={"model": model, "prompt": "a b", "max_tokens": 0, "echo": echo}).json()
    assert reply["usage"]["completion_tokens"] == 0
    assert reply["choices"][0]["text"] == ("a b" if echo else "")


def test_ids_say_what_they_are(http, model):
    assert http.post(TEXT, json={"model": model, "prompt": "a", "max_tokens": 1}).json()["id"].startswith("cmpl-")
    chat = http.post(CHAT, json={"model": model, "messages": MESSAGES, "max_tokens": 1}).json()
    assert chat["id"].startswith("chatcmpl-")


def test_more_choices_than_places_wait_their_turn(own_server, model):
    server = own_server("--max-sequences", "2")
    body = {"model": model, "messages": MESSAGES, "max_tokens": 4, "n": 3}
    reply = httpx.post(server.url + CHAT, json=body, timeout=60)
    assert reply.status_code == 200, reply.text
    assert [choice["index"] for choice in reply.json()["choices"]] == [0, 1, 2]
    assert server.stop() == 0


@pytest.mark.parametrize(
    "fields, param",
    [({"temperature": -3}, "temperature"), ({"top_p": 7}, "top_p"), ({"stop": ["a", "b", "c", "d", "e", "f"]}, "stop")],
)
def test_nothing_is_clamped(http, model, fields, param):
    error = error_of(http.post(CHAT, json={"model": model, "messages": MESSAGES, **fields}), 400)
    assert error["param"] == param


NUMBER = {"type": "integer", "multipleOf": 7, "minimum": 1, "maximum": 100}
SCHEMAS = {
    "multipleOf": (NUMBER, lambda value: value % 7 == 0),
    "uniqueItems": (
        {"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3, "maxItems": 3, "uniqueItems": True},
        lambda value: sorted(value) == [1, 2, 3],
    ),
    "not": ({"not": {}}, lambda value: False),
    "pattern": ({"type": "string", "pattern": "^(a"}, lambda value: False),
}


@pytest.mark.parametrize("keyword", SCHEMAS)
def test_a_strict_schema_is_enforced_or_refused(http, model, keyword):
    schema, holds = SCHEMAS[keyword]
    whole = {"type": "object", "properties": {"v": schema}, "required": ["v"], "additionalProperties": False}
    form = {"type": "json_schema", "json_schema": {"name": "s", "strict": True, "schema": whole}}
    body = {"model": model, "messages": MESSAGES, "response_format": form, "max_tokens": 64}
    response = http.post(CHAT, json=body)
    if response.status_code == 200:
        assert holds(json.loads(response.json()["choices"][0]["message"]["content"])["v"])
    else:
        assert error_of(response, 400)["param"].startswith("response_format")


def test_a_schema_reply_that_is_cut_is_the_beginning_of_json(http, model):
    whole = {"type": "object", "properties": {"v": {"type": "string"}}, "required": ["v"]}
    form = {"type": "json_schema", "json_schema": {"name": "s", "schema": whole}}
    response = http.post(
        CHAT, json={"model": model, "messages": MESSAGES, "response_format": form, "max_tokens": 3}
    )
    if response.status_code == 200:
        choice = response.json()["choices"][0]
        assert choice["finish_reason"] == "length" and choice["message"]["content"].lstrip().startswith("{")
    else:
        assert error_of(response, 400)["param"].startswith("response_format")


TOOLS = [{"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}]


@pytest.mark.parametrize(
    "choice, possible",
    [
        ("required", True),
        ({"type": "function", "function": {"name": "add"}}, True),
        ({"type": "function", "function": {"name": "unknown"}}, False),
    ],
    ids=["required", "named", "unknown"],
)
def test_a_forced_tool_call_is_made_or_refused(http, model, choice, possible):
    body = {"model": model, "messages": MESSAGES, "tools": TOOLS, "tool_choice": choice, "max_tokens": 64}
    response = http.post(CHAT, json=body)
    if response.status_code == 200 and possible:
        (call,) = response.json()["choices"][0]["message"]["tool_calls"]
        assert call["function"]["name"] == "add"
    else:
        assert error_of(response, 400)["param"].startswith("tool_choice")


def test_dimensions_are_given_or_refused(http, model):
    response = http.post(EMBED, json={"model": model, "input": "a", "dimensions": 8})
    if response.status_code == 200:
        assert len(response.json()["data"][0]["embedding"]) == 8
    else:
        assert response.status_code in (400, 501)
        assert error_of(response, response.status_code)["param"] in ("dimensions", "model")


def test_an_embedding_of_a_long_text(http, model):
    response = http.post(EMBED, json={"model": model, "input": "word " * 3_000})
    if response.status_code != 200:
        assert response.status_code in (400, 501)
        assert error_of(response, response.status_code)["code"] != "internal_error"


def test_a_prompt_longer_than_the_context(http, model):
    messages = [{"role": "user", "content": "word " * 20_000}]
    error = error_of(http.post(CHAT, json={"model": model, "messages": messages}), 400)
    assert (error["code"], error["param"]) == ("context_length_exceeded", "messages")
    assert "maximum context length" in error["message"]
    error = error_of(http.post(TEXT, json={"model": model, "prompt": "word " * 20_000}), 400)
    assert (error["code"], error["param"]) == ("context_length_exceeded", "prompt")


def test_a_stream_ends_when_the_server_is_told_to_stop(own_server, model):
    server = own_server("--drain-timeout", "1")
    body = {"model": model, "prompt": "a", "max_tokens": 8_000, "ignore_eos": True, "stream": True}
    with Connection(server.url) as connection:
        connection.request("POST", TEXT, body)
        connection.read_head()
        chunks = connection.chunks()
        next(chunks)
        server.terminate()
        events = b"".join(chunks).split(b"\n\n")
        last = [event for event in events if event.strip()][-1]
        # Either it was done in time, or it says why not; and then the connection ends.
        assert last == b"data: [DONE]" or "error" in json.loads(last.removeprefix(b"data: "))
        assert connection.is_closed_by_server()
    assert server.wait() == 0


@pytest.mark.parametrize("path", ["/health", "/v1/models", "/nothing", "/metrics"])
def test_every_response_has_an_id_and_no_origin_is_let_in(http, path):
    response = http.get(path)
    assert response.headers["x-request-id"]
    assert "access-control-allow-origin" not in response.headers
