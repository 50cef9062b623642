"""More work than places: who waits, who is sent away, and when each gives up."""

import contextlib
import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import metrics
import pytest
from process import MODEL


def completion(tokens, **fields):
    usual = {"model": MODEL, "prompt": "Once upon a time", "temperature": 0, "ignore_eos": True}
    return {**usual, "max_tokens": tokens, **fields}


def post(server, body, key=None):
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.post(server.url + "/v1/completions", json=body, headers=headers, timeout=120)


@contextlib.contextmanager
def long_stream(server, key=None):
    """Takes a place until the end of the block; its first token is there when it begins."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    body = completion(8000, stream=True)
    with httpx.stream("POST", server.url + "/v1/completions", json=body, headers=headers, timeout=120) as response:
        assert response.status_code == 200
        lines = response.iter_lines()
        assert next(lines).startswith("data: ")
        yield lines


def wait_for(server, name, count, seconds=60):
    deadline = time.monotonic() + seconds
    while metrics.samples(server.url)[f"needletail_requests_{name}"] != count:
        assert time.monotonic() < deadline, f"never {count} {name}"
        time.sleep(0.01)


def assert_says_when_to_come_back(response):
    assert response.status_code in (429, 503), response.text
    milliseconds = int(response.headers["retry-after-ms"])
    assert milliseconds > 0
    assert int(response.headers["retry-after"]) == -(-milliseconds // 1000)
    assert response.json()["error"]["message"]


def test_everyone_gets_an_answer(own_server):
    server = own_server("--max-sequences", "2", "--max-queue", "2")
    with ThreadPoolExecutor(60) as pool:
        responses = list(pool.map(lambda _: post(server, completion(64)), range(60)))
    served = [response for response in responses if response.status_code == 200]
    refused = [response for response in responses if response.status_code != 200]
    assert len(served) >= 4 and refused
    assert {response.json()["usage"]["completion_tokens"] for response in served} == {64}
    assert len({response.json()["choices"][0]["text"] for response in served}) == 1
    for response in refused:
        assert_says_when_to_come_back(response)
        assert response.json()["error"]["code"] == "overloaded"
    assert metrics.wait_until_idle(server.url) == dict.fromkeys(metrics.IDLE, 0)
    assert post(server, completion(1)).status_code == 200


def test_choices_count_as_places(own_server):
    server = own_server("--max-sequences", "2", "--max-queue", "1")
    assert post(server, completion(4, n=3)).status_code == 200
    assert post(server, completion(4, n=4)).status_code == 400


def test_a_request_does_not_wait_for_ever(own_server):
    server = own_server("--max-sequences", "1", "--queue-timeout", "0.2")
    with long_stream(server) as lines:
        assert_says_when_to_come_back(post(server, completion(1)))
        # The one that runs goes on.
        assert any(line.startswith("data: ") for line in lines)
    assert metrics.wait_until_idle(server.url) == dict.fromkeys(metrics.IDLE, 0)


def test_a_client_with_many_requests_makes_room_for_another(own_server):
    server = own_server("--max-sequences", "2", "--max-queue", "2")
    with long_stream(server, "many"), long_stream(server, "many"), ThreadPoolExecutor(2) as pool:
        queued = [pool.submit(post, server, completion(1), "many") for _ in range(2)]
        wait_for(server, "waiting", 2)
        # All places are taken: the one who takes them gets no more, somebody else does.
        assert_says_when_to_come_back(post(server, completion(1), "many"))
        assert post(server, completion(4), "few").status_code == 200
        stayed, sent_away = sorted((future.result() for future in queued), key=lambda response: response.status_code)
        assert (stayed.status_code, sent_away.status_code) == (200, 429)
        assert_says_when_to_come_back(sent_away)


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_sets_its_own_deadline(http, url, stream):
    # So long a prompt takes several steps, and time is looked at between them.
    prompt = f"{stream} " + "word " * 3000
    response = http.post("/v1/completions", json=completion(4, prompt=prompt, stream=stream, timeout=0.001))
    assert response.status_code == 408
    assert response.json()["error"]["code"] == "request_timeout"
    assert metrics.wait_until_idle(url) == dict.fromkeys(metrics.IDLE, 0)


def test_a_deadline_ends_a_stream_with_an_error(own_server):
    server = own_server("--request-timeout", "0.5")
    response = post(server, completion(8000, stream=True, timeout=3600))
    if response.status_code == 200:  # on a slow machine there was no token before
        events = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: ")]
        assert events[-1] != "[DONE]"
        assert json.loads(events[-1])["error"]["code"] == "request_timeout"
    else:
        assert response.status_code == 408
    assert metrics.wait_until_idle(server.url) == dict.fromkeys(metrics.IDLE, 0)


def test_batch_work_is_accepted_and_gives_the_same_text(http):
    usual = http.post("/v1/completions", json=completion(16))
    flex = http.post("/v1/completions", json=completion(16, service_tier="flex"))
    assert (usual.status_code, flex.status_code) == (200, 200)
    assert flex.json()["choices"][0]["text"] == usual.json()["choices"][0]["text"]


def test_interactive_work_overtakes_batch_work(own_server):
    server = own_server("--max-sequences", "1")
    with ThreadPoolExecutor(1) as pool:
        batch = pool.submit(post, server, completion(8000, service_tier="flex"))
        wait_for(server, "running", 1)
        assert post(server, completion(8)).status_code == 200
        assert not batch.done()
        server.kill()
        with contextlib.suppress(httpx.HTTPError):
            batch.result()
