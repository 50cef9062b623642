"""Connections that break or carry nonsense, in each endpoint that takes a body: only they are affected."""

import json

import contract
import metrics
import pytest
from process import model_for
from raw import Connection

STREAMS = ["/v1/chat/completions", "/v1/completions"]
BROKEN_BODIES = {
    "garbage": b"\x00\xff\x16\x03\x01 nonsense \r\n\r\n",
    "more of a body": b'{"model": "x"}',
    "half a request": b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Le",
}


def requests():
    """A good body for each path, from the examples of openapi.yaml."""
    for path, item in contract.OURS["paths"].items():
        if "post" in item and "requestBody" in item["post"]:
            examples = item["post"]["requestBody"]["content"]["application/json"]["examples"]
            yield path, {**next(iter(examples.values()))["value"], "model": model_for(path)}


REQUESTS = dict(requests())
PLAYED = {"prompt": "Once upon a time", "max_tokens": 24, "temperature": 0, "ignore_eos": True}


def message(url, path, body):
    payload = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return (head + f"Content-Length: {len(payload)}\r\n\r\n").encode(), payload


@pytest.fixture(scope="module")
def alone(url, model):
    with Connection(url) as connection:
        connection.request("POST", "/v1/completions", {"model": model, **PLAYED})
        return connection.read_response().json()["choices"][0]["text"]


@pytest.fixture
def bystander(url, model, alone):
    """A stream on another connection, begun before and read after; it must be what it is alone."""
    with Connection(url) as connection:
        connection.request("POST", "/v1/completions", {"model": model, **PLAYED, "stream": True})
        assert connection.read_head().startswith("HTTP/1.1 200")
        yield
        events = b"".join(connection.chunks()).split(b"\n\n")
        assert events[-2] == b"data: [DONE]"
        text = "".join(json.loads(event[6:])["choices"][0]["text"] for event in events[:-2])
        assert text == alone
        connection.request("GET", "/health")
        assert connection.read_response().status == 200
    assert metrics.wait_until_idle(url) == dict.fromkeys(metrics.IDLE, 0)


def leave(connection, way):
    connection.reset() if way == "reset" else connection.close()


@pytest.mark.parametrize("path", REQUESTS)
@pytest.mark.parametrize("way", ["reset", "close"])
@pytest.mark.parametrize("moment", ["in the head", "before the body", "in the body", "after the body"])
def test_a_connection_ends(url, bystander, path, way, moment):
    body = {**REQUESTS[path], **({"max_tokens": 2_000, "ignore_eos": True} if path in STREAMS else {})}
    head, payload = message(url, path, body)
    sent = {
        "in the head": head[: len(head) // 2], "before the body": head,
        "in the body": head + payload[: len(payload) // 2], "after the body": head + payload,
    }[moment]  # fmt: skip
    for _ in range(3):
        connection = Connection(url)
        connection.send(sent)
        leave(connection, way)


@pytest.mark.parametrize("path", STREAMS)
@pytest.mark.parametrize("way", ["reset", "close"])
@pytest.mark.parametrize("choices", [1, 3])
def test_a_connection_ends_in_a_stream(url, bystander, path, way, choices):
    body = {**REQUESTS[path], "max_tokens": 2_000, "ignore_eos": True, "stream": True, "n": choices}
    body.pop("max_completion_tokens", None)
    connection = Connection(url)
    connection.request("POST", path, body)
    assert connection.read_head().startswith("HTTP/1.1 200")
    next(connection.chunks())
    leave(connection, way)


@pytest.mark.parametrize("path", REQUESTS)
@pytest.mark.parametrize("after", BROKEN_BODIES)
def test_something_follows_the_body(url, bystander, path, after):
    head, payload = message(url, path, {**REQUESTS[path], **({"max_tokens": 4} if path in STREAMS else {})})
    with Connection(url) as connection:
        connection.send(head + payload + BROKEN_BODIES[after])
        assert connection.read_response().status in (200, 501), "the request itself was right"
        if after == "half a request":
            return
        refusal = connection.read_response()
        assert refusal.status == 400 and refusal.json()["error"]["type"] == "invalid_request_error"
        assert connection.is_closed_by_server()


@pytest.mark.parametrize("path", STREAMS)
def test_something_follows_the_body_of_a_stream(url, bystander, path):
    head, payload = message(url, path, {**REQUESTS[path], "max_tokens": 4, "stream": True})
    with Connection(url) as connection:
        connection.send(head + payload + BROKEN_BODIES["garbage"])
        reply = connection.read_response()
        assert reply.status == 200 and reply.body.endswith(b"data: [DONE]\n\n")
        assert connection.read_response().status == 400
        assert connection.is_closed_by_server()
