"""Streams as a strict reader of server-sent events sees them."""

import json

import pytest
from httpx_sse import connect_sse

BODIES = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "Write a list."}], "n": 2},
    "/v1/completions": {"prompt": ["One, two,", "a\nb\r\nc"], "echo": True, "logprobs": 2},
}


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("usage", [False, True])
def test_events(http, model, path, usage):
    body = {"model": model, **BODIES[path], "max_tokens": 12, "stream": True, "ignore_eos": True}
    if usage:
        body["stream_options"] = {"include_usage": True}
    with connect_sse(http, "POST", path, json=body) as source:
        headers = source.response.headers
        events = list(source.iter_sse())
    assert headers["content-type"].split(";")[0] == "text/event-stream"
    assert "no-cache" in headers["cache-control"] and headers["x-accel-buffering"] == "no"
    assert all((event.event, event.id, event.retry) == ("message", "", None) for event in events)
    assert events[-1].data == "[DONE]"
    chunks = [json.loads(event.data) for event in events[:-1]]
    assert len({(chunk["id"], chunk["created"], chunk["model"], chunk["object"]) for chunk in chunks}) == 1
    if usage:
        last = chunks.pop()
        assert last["choices"] == [] and last["usage"]["completion_tokens"] == 24
        assert all(chunk["usage"] is None for chunk in chunks)
    else:
        assert not any("usage" in chunk for chunk in chunks)
    reasons = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]]
    assert sorted(reason for reason in reasons if reason) == ["length", "length"]
    if "chat" in path:
        first = {}
        for chunk in chunks:
            for choice in chunk["choices"]:
                first.setdefault(choice["index"], choice["delta"])
        assert {index: delta["role"] for index, delta in first.items()} == {0: "assistant", 1: "assistant"}
        assert all(delta["content"] == "" for delta in first.values())
