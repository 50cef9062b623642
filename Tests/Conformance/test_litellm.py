"""LiteLLM, which many gateways and agents are built on."""

import os

import pytest

# Its price list comes with the package; otherwise it asks the network for a newer one.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402

litellm.telemetry = False
litellm.suppress_debug_info = True
MESSAGES = [{"role": "user", "content": "Name three colours."}]


@pytest.fixture
def asked(tapped, model):
    return dict(model=f"openai/{model}", api_base=tapped + "/v1", api_key="unused", num_retries=0, max_retries=0)


def test_chat_whole_and_streamed(asked):
    options = dict(messages=MESSAGES, max_tokens=12, temperature=0)
    whole = litellm.completion(**asked, **options)
    chunks = list(litellm.completion(**asked, **options, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    rebuilt = litellm.stream_chunk_builder(chunks, messages=MESSAGES)
    assert rebuilt.choices[0].message.content == text
    # The rebuilt reply has the reason of the very last chunk, where there is only usage.
    reasons = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
    assert [reason for reason in reasons if reason] == [whole.choices[0].finish_reason]
    assert rebuilt.usage.completion_tokens == whole.usage.completion_tokens
    assert rebuilt.usage.prompt_tokens == whole.usage.prompt_tokens


def test_several_choices_logprobs_seed_and_stop(asked):
    options = dict(messages=MESSAGES, max_tokens=8, temperature=1.2, seed=3, n=2, logprobs=True, top_logprobs=2)
    first, second = litellm.completion(**asked, **options), litellm.completion(**asked, **options)
    assert [choice.index for choice in first.choices] == [0, 1]
    for one, other in zip(first.choices, second.choices):
        assert one.message.content == other.message.content
        assert all(len(token.top_logprobs) == 2 for token in one.logprobs.content)
    text = first.choices[0].message.content
    cut = litellm.completion(**asked, **{**options, "n": 1}, stop=[text[2:4]]).choices[0]
    assert cut.message.content == text[: text.index(text[2:4])] and cut.finish_reason == "stop"


def test_text_completions(asked, model):
    options = {**asked, "model": f"text-completion-openai/{model}"}
    whole = litellm.text_completion(**options, prompt="The capital of France is", max_tokens=6, temperature=0)
    chunks = litellm.text_completion(
        **options, prompt="The capital of France is", max_tokens=6, temperature=0, stream=True
    )
    assert "".join(chunk.choices[0].text or "" for chunk in chunks) == whole.choices[0].text
    assert whole.usage.completion_tokens == 6


def test_errors_have_their_class(asked):
    with pytest.raises(litellm.BadRequestError):
        litellm.completion(**asked, messages=MESSAGES, temperature=3)
    with pytest.raises(litellm.ContextWindowExceededError):
        litellm.completion(**asked, messages=[{"role": "user", "content": "a " * 50_000}])
    with pytest.raises(litellm.NotFoundError):
        litellm.completion(**{**asked, "model": "openai/nope"}, messages=MESSAGES)
