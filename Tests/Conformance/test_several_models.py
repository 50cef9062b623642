"""Several models in one process: names, aliases, and whether they leave each other alone."""

import asyncio
import json
import os
import pathlib
import time

import httpx
import openai
import pytest
from process import BINARY, MODEL, ServerProcess, run

SECOND = "second/model"
ALIAS, SECOND_ALIAS = "gpt-4o-mini", "org/alias"


def default_path():
    listed = json.loads(run("list", "--json").stdout)
    return next((entry["path"] for entry in listed if entry["name"] == MODEL and entry["path"]), MODEL)


@pytest.fixture(scope="module")
def second_path():
    """Another file if there is one; the default model's otherwise, under another name."""
    if not BINARY.exists():
        pytest.skip("needs the built binary")
    return os.environ.get("NEEDLETAIL_SECOND_MODEL") or default_path()


@pytest.fixture(scope="module")
def pair(tmp_path_factory, second_path):
    server = ServerProcess(
        tmp_path_factory.mktemp("pair"),
        "--model", f"{SECOND}={second_path}", "--context", f"{SECOND}=2048", "--kv-bytes", "1GiB",
        "--alias", f"{ALIAS}={MODEL}", "--alias", f"{SECOND_ALIAS}={SECOND}",
    )  # fmt: skip
    yield server
    assert server.stop() == 0, server.output


@pytest.fixture
def client(pair, taps):
    with openai.OpenAI(base_url=taps(pair.url).url + "/v1", api_key="unused", max_retries=0, timeout=120) as client:
        yield client


def test_models_come_first_then_aliases(client):
    entries = {entry.id: entry for entry in client.models.list().data}
    assert list(entries) == [MODEL, SECOND, ALIAS, SECOND_ALIAS]
    for name, model in ((MODEL, None), (SECOND, None), (ALIAS, MODEL), (SECOND_ALIAS, SECOND)):
        entry = client.models.retrieve(name)
        assert entry == entries[name]
        assert (entry.id, entry.root, entry.parent) == (name, model or name, model)
        assert entry.context_window == entry.max_model_len
        assert {ability for ability, has in entry.capabilities.items() if has} == {"chat", "completion"}
    assert entries[SECOND].max_model_len == 2048 < entries[MODEL].max_model_len
    assert entries[SECOND_ALIAS].max_model_len == 2048


def test_slashes_in_a_path_may_be_escaped(pair):
    for path in ("second/model", "second%2Fmodel"):
        assert httpx.get(f"{pair.url}/v1/models/{path}").json()["id"] == SECOND


@pytest.mark.parametrize(("asked", "served"), [(ALIAS, MODEL), (SECOND_ALIAS, SECOND), (MODEL, MODEL), (SECOND, SECOND)])
def test_a_reply_names_the_model_that_answered(client, asked, served):
    chat = client.chat.completions.create(
        model=asked, messages=[{"role": "user", "content": "Hello"}], max_completion_tokens=3, temperature=0
    )
    assert chat.model == served
    assert client.completions.create(model=asked, prompt="a", max_tokens=1).model == served
    stream = client.chat.completions.create(
        model=asked, messages=[{"role": "user", "content": "Hello"}], max_completion_tokens=3, temperature=0, stream=True
    )
    assert {chunk.model for chunk in stream} == {served}


def test_an_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as missing:
        client.completions.create(model="gpt-4", prompt="a", max_tokens=1)
    assert (missing.value.code, missing.value.param) == ("model_not_found", "model")


def test_where_the_name_may_be_left_out_it_is_the_first(pair):
    reply = httpx.post(pair.url + "/tokenize", json={"content": "a"})
    assert reply.json() == httpx.post(pair.url + "/tokenize", json={"model": MODEL, "content": "a"}).json()


PROMPTS = ["The history of the bicycle begins", "def quicksort(items):", "Dear Sir or Madam,", "Once upon a time"]


def generate(url, jobs, tokens):
    """The texts of streams that run together, and how many tokens each had when the first one ended."""
    counts = [0] * len(jobs)
    at_first_end = []

    async def stream(client, place, model, prompt):
        text = ""
        events = await client.completions.create(
            model=model, prompt=prompt, max_tokens=tokens, temperature=0, stream=True, extra_body={"ignore_eos": True}
        )
        async for event in events:
            text += event.choices[0].text
            counts[place] += 1
        if not at_first_end:
            at_first_end.extend(counts)
        return text

    async def together():
        async with openai.AsyncOpenAI(base_url=url + "/v1", api_key="unused", max_retries=0, timeout=120) as client:
            return await asyncio.gather(*(stream(client, place, *job) for place, job in enumerate(jobs)))

    return asyncio.run(together()), at_first_end


def test_models_under_load_give_the_texts_that_each_gives_in_a_server_of_its_own(pair, second_path, tmp_path):
    alone = {}
    for name, path in ((MODEL, MODEL), (SECOND, f"{SECOND}={second_path}")):
        server = ServerProcess(tmp_path, "--context", "2048", model=path)
        try:
            for prompt in PROMPTS:
                [alone[name, prompt]], _ = generate(server.url, [(name, prompt)], 48)
        finally:
            assert server.stop() == 0
    jobs = [(name, prompt) for prompt in PROMPTS for name in (MODEL, SECOND)]
    texts, _ = generate(pair.url, jobs, 48)
    assert texts == [alone[job] for job in jobs]


def test_models_under_load_take_turns(pair):
    _, counts = generate(pair.url, [(MODEL, "Once"), (SECOND, "Once")], 400)
    assert min(counts) > max(counts) / 2


def test_metrics_and_log_name_the_model(pair, client):
    def generated():
        prefix = f'needletail_generated_tokens_total{{model="{SECOND}"}} '
        lines = httpx.get(pair.url + "/metrics").text.splitlines()
        return [float(line.removeprefix(prefix)) for line in lines if line.startswith(prefix)]

    before = generated()
    reply = client.completions.with_raw_response.create(
        model=SECOND_ALIAS, prompt="a", max_tokens=7, extra_body={"ignore_eos": True}
    )
    assert generated() == [before[0] + 7]
    identity = reply.headers["x-request-id"]
    # Rows are written within 100 ms; reading them is how to know.
    deadline = time.monotonic() + 5
    while identity not in (rows := models_in_log(pair)) and time.monotonic() < deadline:
        pass
    assert rows[identity] == SECOND


def models_in_log(server):
    logged = run("logs", "--json", "--request-log", server.request_log, "--last", "10")
    return {row["id"]: row["model"] for row in map(json.loads, logged.stdout.splitlines())}


def test_signals_end_the_streams_of_all_models(own_server, second_path):
    server = own_server("--model", f"{SECOND}={second_path}", "--drain-timeout", "0")
    client = openai.OpenAI(base_url=server.url + "/v1", api_key="unused", max_retries=0, timeout=120)
    streams = []
    for name in (MODEL, SECOND):
        streams.append(
            client.completions.create(
                model=name, prompt="a", max_tokens=1_500, stream=True, extra_body={"ignore_eos": True}
            )
        )
        next(streams[-1])
    server.terminate()
    for stream in streams:
        with pytest.raises((openai.APIError, httpx.HTTPError)):
            list(stream)
    assert server.wait() == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", MODEL, "--model", MODEL], ["two models", MODEL]),
        (["--model", MODEL, "--alias", "a=nothing"], ["'a'", "'nothing'"]),
        (["--model", MODEL, "--alias", f"{MODEL}={MODEL}"], ["is the name of a model"]),
        (["--model", MODEL, "--alias", f"a={MODEL}", "--alias", f"a={MODEL}"], ["'a'", "twice"]),
        (["--model", MODEL, "--alias", "a"], ["ALIAS=NAME"]),
        (["--model", MODEL, "--kv-bytes", "other=1GiB"], ["--kv-bytes", "'other'"]),
        (["--model", MODEL, "--kv-bytes", "1MiB"], [MODEL, "1048576"]),
        (["--model", MODEL, "--kv-bytes", "4TiB"], ["do not fit"]),
    ],
)
def test_what_is_not_clear_is_refused_at_the_start(tmp_path, arguments, words):
    result = run("serve", "--port", "0", "--request-log", tmp_path / "requests.sqlite", *arguments)
    assert result.returncode != 0
    assert all(word in result.stderr for word in words), result.stderr
    assert "listening" not in result.stdout


def test_one_bad_model_stops_the_start(tmp_path):
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(pathlib.Path(default_path()).read_bytes()[:-1])
    result = run(
        "serve", "--port", "0", "--request-log", tmp_path / "requests.sqlite", "--model", MODEL,
        "--model", f"broken={damaged}",
    )  # fmt: skip
    assert result.returncode == 1
    assert "'broken'" in result.stderr and "damaged.gguf" in result.stderr
    assert "listening" not in result.stdout


def test_the_environment_holds_lists(tmp_path, second_path):
    environment = {
        "NEEDLETAIL_MODEL": f"{MODEL}, {SECOND}={second_path}",
        "NEEDLETAIL_ALIASES": f"a={MODEL},a={SECOND}",
    }
    result = run("serve", "--port", "0", "--request-log", "none", environment=environment)
    assert result.returncode != 0
    assert "'a' is given twice" in result.stderr
