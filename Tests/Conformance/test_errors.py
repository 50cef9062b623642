"""Requests that are valid HTTP and cannot be served."""

import pytest

CHAT = "/v1/chat/completions"
TEXT = "/v1/completions"
MESSAGES = [{"role": "user", "content": "Hi"}]


def error_of(response, status):
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/json")
    body = response.json()
    assert body.keys() == {"error"}
    error = body["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["message"] and isinstance(error["message"], str)
    assert isinstance(error["type"], str)
    assert error["param"] is None or isinstance(error["param"], str)
    assert error["code"] is None or isinstance(error["code"], str)
    return error


@pytest.mark.parametrize("route", [CHAT, TEXT, "/tokenize", "/detokenize"])
@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"model":', b"[]", b"null", b'"x"', b"{}", b'{"model": 1}', b"\xff\xfe", b"[" * 100_000]
)
def test_a_body_that_is_no_request(http, route, body):
    error = error_of(http.post(route, content=body, headers={"content-type": "application/json"}), 400)
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "field, value",
    [
        ("messages", None), ("messages", []), ("messages", "Hi"), ("messages", [1]),
        ("temperature", -0.1), ("temperature", 2.1), ("temperature", "hot"), ("temperature", []),
        ("top_p", -0.1), ("top_p", 1.1), ("n", 0), ("n", -1), ("n", 1.5), ("n", 1_000_000), ("n", 2**63),
        ("max_tokens", -1), ("max_tokens", "many"), ("max_tokens", 2**64), ("presence_penalty", 2.5),
        ("frequency_penalty", -2.5), ("stop", ["a", "b", "c", "d", "e"]), ("stop", 5), ("stream", "yes"),
        ("logit_bias", {"0": 101}), ("logit_bias", {"x": 1}), ("logit_bias", []), ("seed", "s"),
        ("top_logprobs", 2), ("logprobs", 3), ("top_k", "all"), ("min_p", 2),
    ],
)  # fmt: skip
def test_a_value_out_of_range_is_named(http, model, field, value):
    error = error_of(http.post(CHAT, json={"model": model, "messages": MESSAGES, "max_tokens": 1, field: value}), 400)
    assert error["type"] == "invalid_request_error"
    assert error["param"].split("[")[0].split(".")[0] == field


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "-Infinity"])
def test_a_number_that_is_not_finite_is_an_error_of_its_field(http, model, number):
    body = f'{{"model": "{model}", "messages": [{{"role": "user", "content": "Hi"}}], "temperature": {number}}}'
    error = error_of(http.post(CHAT, content=body, headers={"content-type": "application/json"}), 400)
    assert error["param"] == "temperature"


def test_unknown_model(http):
    for route, body in ((CHAT, {"messages": MESSAGES}), (TEXT, {"prompt": "a"}), ("/tokenize", {"content": "a"})):
        error = error_of(http.post(route, json={"model": "no-such-model", **body}), 404)
        assert error["code"] == "model_not_found"
        assert "no-such-model" in error["message"]


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/", "/v1/nothing", "//v1/models", "/v1/completions/", "/V1/models"])
def test_unknown_route(http, path):
    error_of(http.get(path), 404)


def test_wrong_method(http):
    for method, path, allowed in (
        ("GET", CHAT, "POST"), ("GET", TEXT, "POST"), ("DELETE", CHAT, "POST"), ("POST", "/v1/models", "GET"),
        ("PUT", "/health", "GET"), ("PATCH", "/metrics", "GET"),
    ):  # fmt: skip
        response = http.request(method, path)
        error_of(response, 405)
        assert allowed in [name.strip() for name in response.headers["allow"].split(",")]


def test_a_body_that_is_not_json(http):
    error_of(http.post(CHAT, content="a=b", headers={"content-type": "text/plain"}), 415)


def test_a_token_id_outside_of_the_vocabulary(http, model):
    for tokens in ([-1], [2**31], [10**9], [2**63]):
        error_of(http.post("/detokenize", json={"model": model, "tokens": tokens}), 400)
        error_of(http.post(TEXT, json={"model": model, "prompt": tokens, "max_tokens": 1}), 400)


def test_an_error_before_the_first_token_is_no_stream(http, model):
    body = {"model": model, "messages": [{"role": "user", "content": "word " * 200_000}], "stream": True}
    error = error_of(http.post(CHAT, json=body), 400)
    assert error["code"] == "context_length_exceeded"


def test_errors_do_not_echo_prompts(http, model):
    secret = "xyzzy-plugh-4711"
    response = http.post(CHAT, json={"model": model, "messages": [{"role": "user", "content": secret}], "n": -1})
    assert response.status_code == 400
    assert secret not in response.text
