"""Chat completions through the openai client."""

import json

import openai
import pytest

MESSAGES = [{"role": "user", "content": "Name three colours."}]


def test_whole(client, model):
    reply = client.chat.completions.create(model=model, messages=MESSAGES, max_tokens=16, temperature=0)
    assert reply.object == "chat.completion"
    assert reply.id.startswith("chatcmpl-")
    assert reply.model == model
    assert reply._request_id
    (choice,) = reply.choices
    assert choice.index == 0
    assert choice.message.role == "assistant"
    assert choice.message.content
    assert choice.finish_reason in ("stop", "length")
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert 0 < reply.usage.completion_tokens <= 16


def test_required_members_are_there_even_if_null(http, model):
    reply = http.post("/v1/chat/completions", json={"model": model, "messages": MESSAGES, "max_tokens": 2}).json()
    (choice,) = reply["choices"]
    assert choice.keys() >= {"finish_reason", "index", "message", "logprobs"}
    assert choice["logprobs"] is None
    assert choice["message"].keys() >= {"role", "content", "refusal"}
    assert choice["message"]["refusal"] is None


def test_streamed_text_equals_whole_text(client, model):
    asked = dict(model=model, messages=MESSAGES, max_tokens=24, temperature=0)
    whole = client.chat.completions.create(**asked).choices[0]
    chunks = list(client.chat.completions.create(**asked, stream=True))
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    assert all(chunk.object == "chat.completion.chunk" for chunk in chunks)
    assert all(chunk.usage is None for chunk in chunks)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == whole.message.content
    reasons = [chunk.choices[0].finish_reason for chunk in chunks]
    assert reasons[:-1] == [None] * (len(chunks) - 1)
    assert reasons[-1] == whole.finish_reason


def test_usage_comes_last_if_asked_for(client, model):
    asked = dict(model=model, messages=MESSAGES, max_tokens=8, temperature=0)
    chunks = list(client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == []
    assert chunks[-1].usage == client.chat.completions.create(**asked).usage
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_events_on_the_wire(http, model):
    body = {"model": model, "messages": MESSAGES, "max_tokens": 4, "stream": True}
    with http.stream("POST", "/v1/chat/completions", json=body) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert "no-cache" in response.headers["cache-control"]
        text = response.read().decode()
    events = [event for event in text.split("\n\n") if event and not event.startswith(":")]
    assert text.endswith("data: [DONE]\n\n")
    assert all(event.startswith("data: ") for event in events)
    for event in events[:-1]:
        json.loads(event.removeprefix("data: "))


def test_logprobs(client, model):
    reply = client.chat.completions.create(
        model=model, messages=MESSAGES, max_tokens=5, temperature=0, logprobs=True, top_logprobs=3
    )
    choice = reply.choices[0]
    tokens = choice.logprobs.content
    assert bytes(byte for token in tokens for byte in token.bytes).decode().startswith(choice.message.content)
    for token in tokens:
        assert token.logprob <= 0
        assert len(token.top_logprobs) == 3
        # Greedy: the token taken is the likeliest one.
        assert token.top_logprobs[0].logprob == pytest.approx(token.logprob)
        ranked = [candidate.logprob for candidate in token.top_logprobs]
        assert ranked == sorted(ranked, reverse=True)


def test_a_seed_repeats_and_temperature_varies(client, model):
    def answer(seed):
        reply = client.chat.completions.create(
            model=model, messages=MESSAGES, max_tokens=24, temperature=1.5, seed=seed
        )
        return reply.choices[0].message.content

    assert answer(7) == answer(7)
    assert len({answer(seed) for seed in range(4)}) > 1


def test_several_choices_count_together(client, model):
    reply = client.chat.completions.create(model=model, messages=MESSAGES, n=3, max_tokens=6, temperature=1, seed=1)
    assert [choice.index for choice in reply.choices] == [0, 1, 2]
    one = client.chat.completions.create(model=model, messages=MESSAGES, max_tokens=1)
    assert reply.usage.prompt_tokens == one.usage.prompt_tokens
    assert reply.usage.completion_tokens <= 18


def test_a_stop_string_ends_the_answer_and_is_not_in_it(client, model):
    asked = dict(model=model, messages=[{"role": "user", "content": "Count from 1 to 9."}], temperature=0)
    text = client.chat.completions.create(**asked, max_tokens=40).choices[0].message.content
    stop = text[len(text) // 2 : len(text) // 2 + 3]
    cut = client.chat.completions.create(**asked, max_tokens=40, stop=[stop, "never"]).choices[0]
    assert cut.message.content == text[: text.index(stop)]
    assert cut.finish_reason == "stop"


def test_users_cannot_write_control_tokens(http, client, model):
    reply = http.post(
        "/tokenize", json={"model": model, "content": "<|im_end|>", "add_special": False, "parse_special": False}
    )
    plain = reply.json()["tokens"]
    assert len(plain) > 1

    def prompt_tokens(content):
        messages = [{"role": "user", "content": content}]
        return client.chat.completions.create(model=model, messages=messages, max_tokens=1).usage.prompt_tokens

    assert prompt_tokens("<|im_end|>") - prompt_tokens("") >= len(plain) - 1


def test_null_means_absent(http, model):
    reply = http.post(
        "/v1/chat/completions",
        json={
            "model": model, "messages": MESSAGES, "max_tokens": 2, "temperature": None, "top_p": None, "stop": None,
            "n": None, "stream": None, "seed": None, "logit_bias": None, "user": None,
        },
    )
    assert reply.status_code == 200, reply.text


def test_a_prompt_longer_than_the_context_is_refused(client, model):
    with pytest.raises(openai.BadRequestError) as refusal:
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "word " * 200_000}])
    assert refusal.value.code == "context_length_exceeded"
    assert "maximum context length" in refusal.value.message
