"""Models, probes and metrics."""

import metrics
import openai
import pytest


def test_models(client, model):
    listed = client.models.list()
    assert model in [entry.id for entry in listed.data]
    found = client.models.retrieve(model)
    assert (found.id, found.object) == (model, "model")
    assert isinstance(found.created, int) and found.owned_by


def test_an_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as missing:
        client.models.retrieve("no-such-model")
    assert missing.value.code == "model_not_found"


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz"])
def test_probes(http, path):
    assert http.get(path).status_code == 200
    head = http.head(path)
    assert head.status_code == 200
    assert head.content == b""


def test_metrics_count_what_happens(client, url, model):
    before = metrics.samples(url)
    reply = client.completions.create(model=model, prompt="a b c", max_tokens=7, extra_body={"ignore_eos": True})
    metrics.wait_until_idle(url)
    after = metrics.samples(url)

    def change(name):
        return after[name] - before.get(name, 0)

    for prefix in ("needletail_prompt_tokens_total", "vllm:prompt_tokens_total"):
        assert change(prefix) == reply.usage.prompt_tokens
    for prefix in ("needletail_generated_tokens_total", "vllm:generation_tokens_total"):
        assert change(prefix) == 7
    assert change("needletail_time_to_first_token_seconds_count") == 1
    assert change("vllm:request_success_total") == 1


def test_every_answer_has_a_request_id(http, model):
    seen = set()
    for response in (
        http.get("/health"),
        http.get("/v1/models"),
        http.get("/no/such/route"),
        http.post("/v1/completions", content=b"{", headers={"content-type": "application/json"}),
        http.post("/v1/completions", json={"model": model, "prompt": "a", "max_tokens": 1}),
    ):
        seen.add(response.headers["x-request-id"])
    assert len(seen) == 5


def test_a_request_id_of_the_client_is_kept_if_it_is_harmless(http):
    assert http.get("/health", headers={"x-request-id": "trace-0123_ab"}).headers["x-request-id"] == "trace-0123_ab"
    for hostile in ('"quoted" and spaced', "x" * 5_000):
        assert http.get("/health", headers={"x-request-id": hostile}).headers["x-request-id"] != hostile
