"""The checker itself: what it must find in replies that are wrong."""

import json

import contract
import pytest

HEADERS = {"x-request-id": "a", "content-type": "application/json"}


def example(path, method):
    return contract.OURS["paths"][path][method]["responses"]["200"]["content"]["application/json"]["example"]


REPLY = example("/v1/completions", "post")
(CHOICE,) = REPLY["choices"]
ERROR = {"error": {"message": "m", "type": "t", "param": None, "code": "c"}}


def exchange(value=REPLY, status=200, headers=HEADERS, target="/v1/completions", method="POST", complete=True):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return contract.Exchange(method, target, status, headers, body, complete)


def stream(*events, end=b"data: [DONE]\n\n"):
    body = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + end
    return exchange(body, headers={**HEADERS, "content-type": "text/event-stream"})


CHUNK = {name: REPLY[name] for name in ("id", "object", "created", "model", "system_fingerprint", "choices")}


def test_right_replies():
    assert contract.faults(exchange()) == []
    assert contract.faults(exchange(ERROR, 400)) == []
    assert contract.faults(exchange(ERROR, 404, target="/nothing")) == []
    model = example("/v1/models/{id}", "get")
    assert contract.faults(exchange(model, target="/v1/models/a%2Fb?x=1", method="GET")) == []
    assert contract.faults(stream(CHUNK, {**CHUNK, "choices": [{**CHOICE, "finish_reason": None}]})) == []
    assert contract.faults(stream(CHUNK, ERROR, end=b"")) == []


@pytest.mark.parametrize(
    "wrong",
    {
        "no id": exchange(headers={"content-type": "application/json"}),
        "another type": exchange(headers={"x-request-id": "a", "content-type": "text/html"}),
        "undocumented status": exchange(ERROR, 418),
        "undocumented path": exchange(REPLY, target="/v2/completions"),
        "missing member": exchange({**REPLY, "choices": [{"index": 0, "text": "a", "finish_reason": "stop"}]}),
        "unknown reason": exchange({**REPLY, "choices": [{**CHOICE, "finish_reason": "eos"}]}),
        "no reason": exchange({**REPLY, "choices": [{**CHOICE, "finish_reason": None}]}),
        "extra member": exchange({**REPLY, "timings": {}}),
        "integer code": exchange({"error": {**ERROR["error"], "code": 400}}, 400),
        "error without param": exchange({"error": {"message": "m", "type": "t", "code": None}}, 404, target="/x"),
        "wrong chunk": stream({**CHUNK, "choices": [{**CHOICE, "text": None}]}),
        "more after the end": stream(CHUNK, end=b"data: [DONE]\n\ndata: [DONE]\n\n"),
        "half an event": stream(CHUNK, end=b"data: {"),
        "named event": stream(CHUNK, end=b"event: x\ndata: {}\n\n"),
    }.items(),
    ids=lambda item: item[0],
)
def test_wrong_replies(wrong):
    assert contract.faults(wrong[1])


def test_the_checker_sees_every_reply(http, taps, url):
    for path in ("/health", "/v1/models", "/nothing"):
        http.get(path)
    assert [exchange.target for exchange in taps(url).exchanges] == ["/health", "/v1/models", "/nothing"]
