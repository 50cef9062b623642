"""What any major version of the openai package must be able to do.

    python sdk_checks.py URL MODEL

runs all checks with the version that is on the path and prints a JSON object of their faults, null where there is
none; so a version can be tested that cannot be loaded beside another.
"""

import asyncio
import json
import math
import sys
import traceback

import openai

MESSAGES = [{"role": "system", "content": "You are brief."}, {"role": "user", "content": "Name three colours."}]
PROMPT = "The capital of France is"
CHECKS = {}


def check(function):
    CHECKS[function.__name__] = function
    return function


def refused(kind, call, **expected):
    """The error that a call must raise; its members are as expected."""
    try:
        call()
    except kind as error:
        assert type(error) is kind, f"{type(error)} instead of {kind}"
        for name, value in expected.items():
            assert getattr(error, name) == value, f"{name} is {getattr(error, name)!r}: {error}"
        assert error.request_id and error.message and isinstance(error.body, dict)
        return error
    raise AssertionError(f"no {kind.__name__}")


@check
def chat_whole_and_streamed(client, model):
    asked = dict(model=model, messages=MESSAGES, max_tokens=20, temperature=0)
    whole = client.chat.completions.create(**asked)
    streamed = list(client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in streamed[:-1])
    assert text == whole.choices[0].message.content
    assert streamed[0].choices[0].delta.role == "assistant"
    assert streamed[-2].choices[0].finish_reason == whole.choices[0].finish_reason
    assert streamed[-1].choices == [] and streamed[-1].usage == whole.usage
    assert {chunk.usage for chunk in streamed[:-1]} == {None}


@check
def completions_whole_and_streamed(client, model):
    asked = dict(model=model, prompt=PROMPT, max_tokens=12, temperature=0)
    whole = client.completions.create(**asked)
    streamed = list(client.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].text for chunk in streamed[:-1]) == whole.choices[0].text
    assert streamed[-1].choices == [] and streamed[-1].usage == whole.usage
    assert {chunk.usage for chunk in streamed[:-1]} == {None}


@check
def several_choices_in_a_stream(client, model):
    asked = dict(model=model, messages=MESSAGES, n=3, max_tokens=8, temperature=1.2, seed=11)
    whole = client.chat.completions.create(**asked)
    texts, reasons = [""] * 3, [None] * 3
    for chunk in client.chat.completions.create(**asked, stream=True):
        for choice in chunk.choices:
            assert reasons[choice.index] is None, "a choice goes on after its end"
            texts[choice.index] += choice.delta.content or ""
            reasons[choice.index] = choice.finish_reason
    assert texts == [choice.message.content for choice in whole.choices]
    assert reasons == [choice.finish_reason for choice in whole.choices]
    assert len(set(texts)) > 1, "choices of one seed must differ"


@check
def logprobs_of_chat(client, model):
    asked = dict(model=model, messages=MESSAGES, max_tokens=6, temperature=0, logprobs=True, top_logprobs=4)
    whole = client.chat.completions.create(**asked).choices[0].logprobs
    streamed = []
    for chunk in client.chat.completions.create(**asked, stream=True):
        if chunk.choices[0].logprobs:
            streamed += chunk.choices[0].logprobs.content
    assert [token.token for token in streamed] == [token.token for token in whole.content]
    assert [token.logprob for token in streamed] == [token.logprob for token in whole.content]
    for token in whole.content:
        assert len(token.top_logprobs) == 4 and math.isfinite(token.logprob)
        assert token.top_logprobs[0].token == token.token
        assert sum(math.exp(candidate.logprob) for candidate in token.top_logprobs) <= 1.0001


@check
def logprobs_of_completions(client, model):
    asked = dict(model=model, prompt=PROMPT, max_tokens=5, temperature=0, logprobs=3)
    whole = client.completions.create(**asked).choices[0].logprobs
    tokens, scores = [], []
    for chunk in client.completions.create(**asked, stream=True):
        if chunk.choices[0].logprobs:
            tokens += chunk.choices[0].logprobs.tokens
            scores += chunk.choices[0].logprobs.token_logprobs
    assert (tokens, scores) == (whole.tokens, whole.token_logprobs)
    assert len(whole.tokens) == len(whole.text_offset) == len(whole.top_logprobs) == 5
    assert all(len(candidates) >= 3 for candidates in whole.top_logprobs)


@check
def seeds_and_stops(client, model):
    def answer(**options):
        reply = client.chat.completions.create(model=model, messages=MESSAGES, max_tokens=24, **options)
        return reply.choices[0]

    first = answer(temperature=1.3, seed=5).message.content
    assert answer(temperature=1.3, seed=5).message.content == first
    assert len({answer(temperature=1.3, seed=seed).message.content for seed in (5, 6, 7)}) > 1
    text = answer(temperature=0).message.content
    stop = text[4:7]
    cut = answer(temperature=0, stop=[stop])
    assert cut.message.content == text[: text.index(stop)] and cut.finish_reason == "stop"
    streamed = client.chat.completions.create(
        model=model, messages=MESSAGES, max_tokens=24, temperature=0, stop=stop, stream=True
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed) == cut.message.content


@check
def raw_responses(client, model):
    raw = client.chat.completions.with_raw_response.create(model=model, messages=MESSAGES, max_tokens=1)
    assert raw.headers["x-request-id"] == raw.parse()._request_id
    assert raw.status_code == 200


@check
def models(client, model):
    assert model in [entry.id for entry in client.models.list()]
    assert client.models.retrieve(model).id == model
    refused(openai.NotFoundError, lambda: client.models.retrieve("nope"), code="model_not_found")


@check
def errors_have_their_class(client, model):
    refused(
        openai.BadRequestError,
        lambda: client.chat.completions.create(model=model, messages=MESSAGES, temperature=3),
        param="temperature", type="invalid_request_error", status_code=400,
    )  # fmt: skip
    refused(
        openai.BadRequestError,
        lambda: client.chat.completions.create(model=model, messages=MESSAGES, stream=True, top_logprobs=2),
        param="top_logprobs",
    )  # fmt: skip
    long = refused(
        openai.BadRequestError,
        lambda: client.chat.completions.create(model=model, messages=[{"role": "user", "content": "a " * 50_000}]),
        code="context_length_exceeded", param="messages",
    )  # fmt: skip
    assert "maximum context length" in long.message
    refused(
        openai.NotFoundError,
        lambda: client.completions.create(model="nope", prompt="a"),
        code="model_not_found", param="model", status_code=404,
    )  # fmt: skip
    refused(
        openai.BadRequestError,
        lambda: client.completions.create(model=model, prompt="a", extra_body={"no_such_field": 1}),
        param="no_such_field",
    )  # fmt: skip


@check
def many_requests_of_an_asynchronous_client(client, model):
    async def run():
        async with openai.AsyncOpenAI(base_url=client.base_url, api_key="unused", max_retries=0) as asynchronous:

            async def one(number):
                text = ""
                async for chunk in await asynchronous.completions.create(
                    model=model, prompt=f"{number} +", max_tokens=6, temperature=0, stream=True
                ):
                    text += chunk.choices[0].text
                return text

            return await asyncio.gather(*map(one, range(8)))

    together = asyncio.run(run())
    alone = client.completions.create(model=model, prompt="3 +", max_tokens=6, temperature=0)
    assert together[3] == alone.choices[0].text


@check
def a_stream_that_is_left(client, model):
    stream = client.completions.create(
        model=model, prompt=PROMPT, max_tokens=2_000, stream=True, extra_body={"ignore_eos": True}
    )
    next(iter(stream))
    stream.close()
    assert client.completions.create(model=model, prompt=PROMPT, max_tokens=1).choices


def main(url, model):
    faults = {}
    with openai.OpenAI(base_url=url + "/v1", api_key="unused", max_retries=0, timeout=120) as client:
        for name, function in CHECKS.items():
            try:
                function(client, model)
                faults[name] = None
            except Exception:
                faults[name] = traceback.format_exc()
    json.dump({"version": openai.__version__, "faults": faults}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
