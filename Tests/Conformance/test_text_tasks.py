"""Embeddings, rerank, score, classify and fill-mask: what is refused, and, with a model for them, what is given."""

import array
import base64
import math

import openai
import pytest
from process import EMBEDDER

BODIES = {
    "/v1/embeddings": {"input": "a"},
    "/v1/rerank": {"query": "a", "documents": ["b"]},
    "/v2/rerank": {"query": "a", "documents": ["b"]},
    "/rerank": {"query": "a", "documents": ["b"]},
    "/v1/score": {"text_1": "a", "text_2": "b"},
    "/score": {"text_1": "a", "text_2": "b"},
    "/v1/classify": {"input": "a"},
    "/classify": {"input": "a"},
    "/v1/fill-mask": {"input": "[MASK]"},
}
# Field and value that no body may hold, and the place that the error names.
HOSTILE = [
    ("/v1/embeddings", {"input": ""}, "input"),
    ("/v1/embeddings", {"input": []}, "input"),
    ("/v1/embeddings", {"input": [""]}, "input[0]"),
    ("/v1/embeddings", {"input": [[]]}, "input[0]"),
    ("/v1/embeddings", {"input": [1, "a"]}, "input[1]"),
    ("/v1/embeddings", {"input": ["a", 1]}, "input[1]"),
    ("/v1/embeddings", {"input": [["a"]]}, "input"),
    ("/v1/embeddings", {"input": [-1]}, "input[0]"),
    ("/v1/embeddings", {"input": [2**31]}, "input[0]"),
    ("/v1/embeddings", {"input": [1.5]}, "input[0]"),
    ("/v1/embeddings", {"input": {"text": "a"}}, "input"),
    ("/v1/embeddings", {"input": None}, "input"),
    ("/v1/embeddings", {"input": ["a"] * 2049}, "input"),
    ("/v1/embeddings", {"input": "a", "dimensions": 0}, "dimensions"),
    ("/v1/embeddings", {"input": "a", "dimensions": "8"}, "dimensions"),
    ("/v1/embeddings", {"input": "a", "encoding_format": "int8"}, "encoding_format"),
    ("/v1/embeddings", {"input": "a", "task": "retrieval"}, "task"),
    ("/v1/embeddings", {"input": "a", "truncate_prompt_tokens": 0}, "truncate_prompt_tokens"),
    ("/v1/rerank", {"query": "", "documents": ["b"]}, "query"),
    ("/v1/rerank", {"query": "a", "documents": []}, "documents"),
    ("/v1/rerank", {"query": "a", "documents": "b"}, "documents"),
    ("/v1/rerank", {"query": "a", "documents": [{"title": "b"}]}, "documents[0].title"),
    ("/v1/rerank", {"query": "a", "documents": ["b"], "top_n": 0}, "top_n"),
    ("/v1/score", {"text_1": ["a", "b"], "text_2": ["c"]}, "text_1"),
    ("/v1/score", {"text_1": "a"}, "text_2"),
    ("/v1/classify", {"input": [""]}, "input[0]"),
    ("/v1/fill-mask", {"input": "a", "top_k": 0}, "top_k"),
    ("/v1/fill-mask", {"input": "a", "targets": []}, "targets"),
]


def error_of(response, status):
    assert response.status_code == status, response.text
    return response.json()["error"]


@pytest.mark.parametrize("path, body, param", HOSTILE)
def test_bad_bodies_are_refused_by_place(http, model, path, body, param):
    error = error_of(http.post(path, json={"model": model, **body}), 400)
    assert error["type"] == "invalid_request_error" and error["param"] == param


@pytest.mark.parametrize("path", BODIES)
def test_what_a_chat_model_cannot_do(http, model, path):
    response = http.post(path, json={"model": model, **BODIES[path]})
    error = error_of(response, 501)
    assert error["param"] == "model" and error["code"] == "not_implemented"
    assert response.headers["x-should-retry"] == "false"
    assert error_of(http.post(path, json={"model": "nope", **BODIES[path]}), 404)["code"] == "model_not_found"


@pytest.fixture(scope="module")
def vectors(client):
    return lambda input, **options: client.embeddings.create(model=EMBEDDER, input=input, **options)


def cosine(left, right):
    return sum(a * b for a, b in zip(left, right, strict=True)) / math.hypot(*left) / math.hypot(*right)


def test_the_default_encoding_is_base64_and_says_the_same(vectors):
    texts = ["The cat sits outside.", "猫は外に座っている。", "Кошка сидит на улице."]
    default, plain = vectors(texts), vectors(texts, encoding_format="float")
    assert [entry.index for entry in default.data] == [0, 1, 2] and default.usage == plain.usage
    for first, second in zip(default.data, plain.data, strict=True):
        assert len(first.embedding) == 384 and abs(math.hypot(*first.embedding) - 1) < 1e-5
        assert array.array("f", first.embedding) == array.array("f", second.embedding)


def test_base64_on_the_wire(http):
    body = {"model": EMBEDDER, "input": "a", "encoding_format": "base64"}
    reply = http.post("/v1/embeddings", json=body).json()
    assert len(base64.b64decode(reply["data"][0]["embedding"], validate=True)) == 4 * 384


def test_alone_and_in_a_batch_of_sixty_four(vectors):
    texts = ["word " * (3 * n % 200 + 1) for n in range(64)]
    batch = vectors(texts)
    for index in (0, 17, 63):
        assert vectors(texts[index]).data[0].embedding == batch.data[index].embedding
    assert batch.usage.prompt_tokens == sum(vectors(text).usage.prompt_tokens for text in texts)


def test_dimensions(vectors):
    whole, short = (vectors("A text.", **options).data[0].embedding for options in ({}, {"dimensions": 64}))
    assert len(short) == 64 and abs(math.hypot(*short) - 1) < 1e-5
    assert cosine(whole[:64], short) > 0.99999
    with pytest.raises(openai.BadRequestError) as refusal:
        vectors("a", dimensions=385)
    assert refusal.value.param == "dimensions"


def test_over_long_input(vectors):
    with pytest.raises(openai.BadRequestError) as refusal:
        vectors(["short", "word " * 300])
    assert refusal.value.code == "context_length_exceeded" and refusal.value.param == "input[1]"
    assert "maximum context length is 256 tokens" in refusal.value.message
    cut = vectors("word " * 300, extra_body={"truncate": True})
    assert cut.usage.prompt_tokens == 256
    assert vectors("word " * 300, extra_body={"truncate_prompt_tokens": 7}).usage.prompt_tokens == 7


def test_similar_texts_are_near(http):
    body = {
        "model": EMBEDDER, "query": "Where do cats sleep?", "top_n": 2,
        "documents": ["Shares fell on Monday.", {"text": "A cat sleeps on the sofa."}, "Dogs sleep in baskets."],
    }  # fmt: skip
    reply = http.post("/v1/rerank", json=body).json()
    assert [result["index"] for result in reply["results"]] == [1, 2]
    assert reply["results"][0]["document"] == {"text": "A cat sleeps on the sofa."}
    scores = http.post(
        "/v1/score",
        json={"model": EMBEDDER, "text_1": body["query"], "text_2": ["A cat sleeps on the sofa."]},
    ).json()
    assert abs(scores["data"][0]["score"] - reply["results"][0]["relevance_score"]) < 1e-6


def test_clients_built_on_it(tapped):
    from langchain_openai import OpenAIEmbeddings

    options = dict(model=EMBEDDER, base_url=tapped + "/v1", api_key="unused", max_retries=0)
    chain = OpenAIEmbeddings(**options, check_embedding_ctx_length=False)
    first, second = chain.embed_documents(["a cat", "a dog"])
    assert chain.embed_query("a cat") == first and len(second) == 384
    import litellm

    reply = litellm.embedding(
        model="openai/" + EMBEDDER, input=["a cat"], api_base=tapped + "/v1", api_key="unused",
        encoding_format="float",
    )  # fmt: skip
    assert cosine(reply.data[0]["embedding"], first) > 0.99999


def test_a_model_for_vectors_generates_nothing(http):
    body = {"model": EMBEDDER, "prompt": "a", "messages": [{"role": "user", "content": "a"}]}
    for path, field in (("/v1/completions", "prompt"), ("/v1/chat/completions", "messages")):
        response = http.post(path, json={"model": body["model"], field: body[field]})
        assert error_of(response, 501)["param"] == "model"
    entry = next(entry for entry in http.get("/v1/models").json()["data"] if entry["id"] == EMBEDDER)
    assert {ability for ability, has in entry["capabilities"].items() if has} == {"embeddings", "rerank", "score"}
    assert entry["max_model_len"] == 256
