"""OpenAI's own package, in this major version and in an older one."""

import json
import os
import pathlib
import subprocess
import sys
import time

import metrics
import openai
import pytest
import sdk_checks
from access import KeyFile
from process import ServerProcess
from raw import Connection

OLDER = pathlib.Path(sys.prefix) / "older"


@pytest.mark.parametrize("name", sdk_checks.CHECKS)
def test_this_major(client, model, name):
    assert openai.__version__.startswith("3.")
    sdk_checks.CHECKS[name](client, model)


@pytest.fixture(scope="module")
def older(tapped, model):
    assert OLDER.exists(), "`make conformance` installs an older openai there"
    result = subprocess.run(
        [sys.executable, sdk_checks.__file__, tapped, model],
        env={**os.environ, "PYTHONPATH": str(OLDER)}, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("name", sdk_checks.CHECKS)
def test_an_older_major(older, name):
    assert older["version"].startswith("1.")
    assert older["faults"][name] is None, older["faults"][name]


@pytest.mark.parametrize("encoding", ["base64", "float", openai.NOT_GIVEN])
def test_embeddings_of_a_chat_model(taps, url, tapped, model, encoding):
    with openai.OpenAI(base_url=tapped + "/v1", api_key="unused", max_retries=2, timeout=30) as client:
        with pytest.raises(openai.APIStatusError) as refusal:
            client.embeddings.create(model=model, input="a", encoding_format=encoding)
        with pytest.raises(openai.NotFoundError) as missing:
            client.embeddings.create(model="nope", input="a", encoding_format=encoding)
    assert refusal.value.status_code == 501
    assert refusal.value.param == "model" and refusal.value.code
    assert missing.value.code == "model_not_found"
    # Trying again cannot help, so the client must have been told.
    assert [exchange.status for exchange in taps(url).exchanges] == [501, 404]


@pytest.fixture(scope="module")
def limited(tmp_path_factory, taps):
    """A server with keys, where little fits."""
    folder = tmp_path_factory.mktemp("limited")
    keys = KeyFile(folder / "keys.json")
    secrets = {
        "free": keys.add("free"),
        "slow": keys.add("slow", "--requests-per-minute", "20"),
        "small": keys.add("small", "--tokens-per-minute", "50"),
    }
    server = ServerProcess(
        folder, "--api-keys", keys.path, "--open-metrics", "--max-sequences", "1", "--max-queue", "1"
    )
    tap = taps(server.url)

    def connect(key, retries=0):
        key = secrets.get(key, key)
        return openai.OpenAI(base_url=tap.url + "/v1", api_key=key, max_retries=retries, timeout=60)

    connect.statuses = lambda: [exchange.status for exchange in tap.exchanges]
    connect.url, connect.key = server.url, secrets["free"]
    yield connect
    assert server.stop() == 0, server.output


def test_a_wrong_key(limited):
    with pytest.raises(openai.AuthenticationError) as refusal:
        limited("nt-wrong", retries=2).models.list()
    assert refusal.value.status_code == 401 and refusal.value.code == "invalid_api_key"
    assert limited.statuses() == [401], "no second attempt with the same key"


def test_a_rate_limit_says_how_long_to_wait(limited):
    client = limited("slow")
    with pytest.raises(openai.RateLimitError) as refusal:
        # Twenty, and those that come back meanwhile.
        for _ in range(200):
            client.models.list()
    assert limited.statuses().count(200) >= 20
    assert refusal.value.status_code == 429 and refusal.value.code == "rate_limit_exceeded"
    # A place comes back every three seconds. The client's own pauses are half a second and one: with them, two
    # retries would not do, so that one is enough shows that it waits as long as it was told.
    for _ in range(10):
        seen = len(limited.statuses())
        limited("slow", retries=2).models.list()
        # On a busy machine a place may have come back before.
        if limited.statuses()[seen] == 429:
            break
    assert limited.statuses()[seen:] == [429, 200]


def test_what_never_fits_is_not_tried_again(limited, model):
    with pytest.raises(openai.RateLimitError):
        limited("small", retries=2).completions.create(model=model, prompt="a", max_tokens=100)
    assert limited.statuses() == [429]


def test_an_overloaded_server(limited, model):
    body = {"model": model, "prompt": "a", "max_tokens": 4_000, "ignore_eos": True, "stream": True}
    with Connection(limited.url) as running, Connection(limited.url) as waiting:
        for connection in (running, waiting):
            connection.request("POST", "/v1/completions", body, [f"Authorization: Bearer {limited.key}"])
        deadline = time.monotonic() + 60
        while metrics.samples(limited.url)["needletail_requests_waiting"] < 1:
            assert time.monotonic() < deadline
        with pytest.raises(openai.InternalServerError) as refusal:
            limited("free").completions.create(model=model, prompt="a", max_tokens=1)
        assert refusal.value.status_code == 503 and refusal.value.code == "overloaded"
        assert int(refusal.value.response.headers["retry-after"]) >= 1
    assert limited("free", retries=3).completions.create(model=model, prompt="a", max_tokens=1).choices
