"""Text completions through the openai client, and the routes around tokens."""

import pytest

PROMPT = "The capital of France is"


def test_whole_and_streamed(client, model):
    asked = dict(model=model, prompt=PROMPT, max_tokens=12, temperature=0)
    reply = client.completions.create(**asked)
    assert reply.object == "text_completion"
    assert reply.id.startswith("cmpl-")
    chunks = list(client.completions.create(**asked, stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == reply.choices[0].text
    assert chunks[-1].choices[0].finish_reason == reply.choices[0].finish_reason


def test_sixteen_tokens_unless_told(client, model):
    reply = client.completions.create(model=model, prompt="a b c d e", extra_body={"ignore_eos": True})
    assert reply.usage.completion_tokens == 16
    assert reply.choices[0].finish_reason == "length"


def test_text_and_tokens_are_the_same_prompt(client, http, model):
    tokens = http.post("/tokenize", json={"model": model, "content": PROMPT}).json()["tokens"]
    asked = dict(model=model, max_tokens=12, temperature=0)
    from_text = client.completions.create(prompt=PROMPT, **asked)
    from_tokens = client.completions.create(prompt=tokens, **asked)
    assert from_text.choices[0].text == from_tokens.choices[0].text
    assert from_text.usage.prompt_tokens == len(tokens)


def test_several_prompts(client, model):
    prompts = [PROMPT, "One, two, three,"]
    reply = client.completions.create(model=model, prompt=prompts, max_tokens=6, temperature=0)
    assert [choice.index for choice in reply.choices] == [0, 1]
    for choice, prompt in zip(reply.choices, prompts):
        alone = client.completions.create(model=model, prompt=prompt, max_tokens=6, temperature=0)
        assert choice.text == alone.choices[0].text
    assert reply.usage.completion_tokens > 6


def test_scoring_a_text(client, http, model):
    text = "It was a bright cold day in April, and the clocks were striking thirteen. Ärger 日本 🙂"
    tokens = http.post("/tokenize", json={"model": model, "content": text}).json()["tokens"]
    reply = client.completions.create(model=model, prompt=text, max_tokens=0, echo=True, logprobs=1)
    (choice,) = reply.choices
    assert choice.text == text
    assert reply.usage.completion_tokens == 0
    scores = choice.logprobs
    lengths = {len(scores.tokens), len(scores.token_logprobs), len(scores.top_logprobs), len(scores.text_offset)}
    assert lengths == {len(tokens)}
    assert scores.token_logprobs[0] is None
    for token, score, best in zip(scores.tokens[1:], scores.token_logprobs[1:], scores.top_logprobs[1:]):
        assert score <= 0
        assert best[token] == pytest.approx(score)
        assert max(best.values()) >= score
    assert scores.text_offset == sorted(scores.text_offset)


def test_a_greedy_answer_scores_as_it_was_generated(client, model):
    reply = client.completions.create(model=model, prompt=PROMPT, max_tokens=10, temperature=0, logprobs=1).choices[0]
    again = client.completions.create(model=model, prompt=PROMPT + reply.text, max_tokens=0, echo=True, logprobs=1)
    scores = again.choices[0].logprobs
    count = len(reply.logprobs.tokens)
    if scores.tokens[-count:] == reply.logprobs.tokens:
        assert scores.token_logprobs[-count:] == pytest.approx(reply.logprobs.token_logprobs, abs=1e-3)


def test_echo_puts_the_prompt_first(client, model):
    plain = client.completions.create(model=model, prompt=PROMPT, max_tokens=5, temperature=0).choices[0].text
    echoed = client.completions.create(model=model, prompt=PROMPT, max_tokens=5, temperature=0, echo=True)
    assert echoed.choices[0].text == PROMPT + plain


def test_logit_bias_forbids_a_token(client, http, model):
    first = client.completions.create(model=model, prompt=PROMPT, max_tokens=1, temperature=0).choices[0].text
    (token,) = http.post("/tokenize", json={"model": model, "content": first}).json()["tokens"]
    other = client.completions.create(
        model=model, prompt=PROMPT, max_tokens=1, temperature=0, logit_bias={str(token): -100}
    )
    assert other.choices[0].text != first


def test_min_tokens_and_ignore_eos(client, model):
    asked = dict(model=model, prompt="Q: What is the chemical formula of water?\nA:", temperature=0)
    least = client.completions.create(**asked, max_tokens=60, extra_body={"min_tokens": 50})
    assert least.usage.completion_tokens >= 50
    all_of_them = client.completions.create(**asked, max_tokens=60, extra_body={"ignore_eos": True})
    assert all_of_them.usage.completion_tokens == 60


@pytest.mark.parametrize(
    "text", ["", " ", "héllo  wörld\r\n\t", "日本語", "🙂👩‍👩‍👧", "<|im_start|>", "\u0000\u007f", "12345 don't"]
)
def test_tokens_there_and_back(http, model, text):
    for parse_special in (False, True):
        body = {"model": model, "content": text, "add_special": False, "parse_special": parse_special}
        tokens = http.post("/tokenize", json=body).json()["tokens"]
        back = http.post("/detokenize", json={"model": model, "tokens": tokens})
        assert back.status_code == 200
        if not parse_special:
            assert back.json()["content"] == text


def test_special_tokens_only_if_asked_for(http, model):
    def count(parse_special):
        body = {"model": model, "content": "<|im_start|>", "parse_special": parse_special}
        return len(http.post("/tokenize", json=body).json()["tokens"])

    assert count(True) == 1
    assert count(False) > 1


def test_the_token_that_ends_a_reply_has_its_logprob(client, http, model):
    body = {"model": model, "content": "<|im_end|>", "parse_special": True}
    (end,) = http.post("/tokenize", json=body).json()["tokens"]
    reply = client.completions.create(
        model=model, prompt=PROMPT, max_tokens=1, temperature=0, echo=True, logprobs=1, logit_bias={str(end): 100}
    )
    (choice,) = reply.choices
    assert (choice.finish_reason, choice.text) == ("stop", PROMPT)
    columns = [choice.logprobs.tokens, choice.logprobs.token_logprobs, choice.logprobs.text_offset]
    assert {len(column) for column in columns} == {reply.usage.prompt_tokens + 1}
    assert choice.logprobs.token_logprobs[-1] < 0 and choice.logprobs.text_offset[-1] == len(PROMPT)
