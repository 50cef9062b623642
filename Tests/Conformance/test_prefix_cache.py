"""What was computed for a prompt before is found again, and told truthfully."""

import json
import uuid

import httpx
import metrics
import pytest
from process import MODEL, ServerProcess
from request_rows import row_of

STORY = "The ferry leaves the harbour at seven and comes back at nine, unless there is fog. " * 12


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = ServerProcess(tmp_path_factory.mktemp("server"))
    yield server
    assert server.stop() == 0, server.output


@pytest.fixture
def http(server):
    with httpx.Client(base_url=server.url, timeout=120) as client:
        yield client


@pytest.fixture(scope="module")
def block_length(server):
    text = httpx.get(server.url + "/metrics", timeout=60).text
    return int(text.partition('block_size="')[2].partition('"')[0])


def chat(question=None, **fields):
    """A prompt that nobody asked before, unless the question is given."""
    messages = [{"role": "user", "content": question or f"{uuid.uuid4()} {STORY}"}]
    return {"model": MODEL, "messages": messages, "max_tokens": 4, "temperature": 0, **fields}


def ask(http, body, **headers):
    response = http.post("/v1/chat/completions", json=body, headers=headers)
    assert response.status_code == 200, response.text
    return response


def usage_of(response):
    if not response.headers["content-type"].startswith("text/event-stream"):
        return response.json()["usage"]
    lines = [line for line in response.text.splitlines() if line.startswith("data: {")]
    return json.loads(lines[-1].removeprefix("data: "))["usage"]


def cached(response):
    return usage_of(response)["prompt_tokens_details"]["cached_tokens"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_repeated_prompt_is_found_and_told_in_reply_and_log(http, server, block_length, stream):
    body = chat(**({"stream": True, "stream_options": {"include_usage": True}} if stream else {}))
    first, second = ask(http, body), ask(http, body)
    assert cached(first) == 0
    # The last token is always computed, because its row predicts the next one.
    tokens = usage_of(second)["prompt_tokens"]
    assert cached(second) == (tokens - 1) // block_length * block_length > 0
    for response in (first, second):
        assert row_of(server, response)["cached_tokens"] == cached(response)
        assert row_of(server, response)["prompt_tokens"] == tokens


def test_the_next_turn_finds_the_reply_as_well(http, block_length):
    past_the_prompt = 0
    for name in ("Ada", "Bela", "Cleo"):
        body = chat(f"Tell {name} a short story about a ferry.", max_tokens=3 * block_length, ignore_eos=True)
        first = ask(http, body)
        reply = first.json()["choices"][0]["message"]
        body["messages"] += [{"role": "assistant", "content": reply["content"]}, {"role": "user", "content": "Go on."}]
        second = ask(http, body)
        prompt = usage_of(first)["prompt_tokens"]
        assert cached(second) >= prompt // block_length * block_length
        past_the_prompt += cached(second) > prompt
    # A reply's text may be cut into other tokens than those that were generated, but seldom is.
    assert past_the_prompt > 0


@pytest.mark.parametrize("field", ["cache_salt", "prompt_cache_key"])
def test_salts_keep_prompts_apart(http, field):
    body = chat()
    assert cached(ask(http, {**body, field: "red"})) == 0
    assert cached(ask(http, {**body, field: "red"})) > 0
    assert cached(ask(http, {**body, field: "blue"})) == 0
    assert cached(ask(http, body)) == 0


def test_clients_with_different_keys_find_nothing_of_each_other(http):
    body = chat()
    assert cached(ask(http, body, authorization="Bearer one")) == 0
    assert cached(ask(http, body, authorization="Bearer two")) == 0
    assert cached(ask(http, body)) == 0
    assert cached(ask(http, body, authorization="Bearer one")) > 0


def test_cached_and_cold_prompts_give_the_same_reply(http):
    body = chat(max_tokens=32, ignore_eos=True, seed=7, temperature=0.8)
    cold, warm = ask(http, body), ask(http, body)
    assert cached(cold) == 0 and cached(warm) > 0
    assert cold.json()["choices"][0]["message"] == warm.json()["choices"][0]["message"]


def test_the_choices_of_a_request_share_its_prompt(http, server):
    metrics.wait_until_idle(server.url)
    before = metrics.samples(server.url)["needletail_engine_tokens_total"]
    usage = usage_of(ask(http, chat(n=4, max_tokens=8, ignore_eos=True)))
    assert usage["completion_tokens"] == 32
    metrics.wait_until_idle(server.url)
    computed = metrics.samples(server.url)["needletail_engine_tokens_total"] - before
    assert usage["prompt_tokens"] <= computed <= usage["prompt_tokens"] + 32
