"""The process: signals, its request log, and files that are damaged."""

import json
import pathlib
import sqlite3
import threading
import time

import httpx
import openai
import pytest
from process import MODEL, run


def long_stream(url, tokens=200):
    client = openai.OpenAI(base_url=url + "/v1", api_key="unused", max_retries=0, timeout=120)
    return client.completions.create(
        model=MODEL, prompt="Once upon a time", max_tokens=tokens, stream=True, extra_body={"ignore_eos": True}
    )


def wait_until_not_ready(server, seconds=60):
    """The signal arrives in its own time; from then on probes are answered, and say no."""
    deadline = time.monotonic() + seconds
    while httpx.get(server.url + "/readyz", timeout=60).status_code != 503:
        assert time.monotonic() < deadline, "still ready"
        time.sleep(0.01)


def test_a_stream_outlives_the_first_signal(own_server):
    server = own_server("--drain-timeout", "600")
    stream = iter(long_stream(server.url, tokens=1_000))
    next(stream)
    server.terminate()
    wait_until_not_ready(server)
    body = {"model": MODEL, "prompt": "a", "max_tokens": 1}
    refused = httpx.post(server.url + "/v1/completions", json=body, timeout=60)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    reasons = [chunk.choices[0].finish_reason for chunk in stream]
    assert reasons[-1] == "length"
    assert server.wait() == 0


def test_a_second_signal_ends_it_at_once(own_server):
    server = own_server("--drain-timeout", "3600")
    stream = iter(long_stream(server.url, tokens=8_000))
    next(stream)
    server.terminate()
    wait_until_not_ready(server)
    server.terminate()
    server.wait()
    with pytest.raises((openai.APIError, httpx.HTTPError)):
        list(stream)


def log_of(server, *arguments):
    result = run("logs", "--json", "--request-log", server.request_log, *arguments)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_every_request_leaves_a_row_and_no_prompt(own_server):
    server = own_server()
    secret = "xyzzy-plugh-4711"
    with httpx.Client(base_url=server.url, timeout=60) as http:
        done = http.post("/v1/completions", json={"model": MODEL, "prompt": secret, "max_tokens": 3})
        failed = http.post("/v1/completions", json={"model": "nope", "prompt": secret})
    assert server.stop() == 0
    with sqlite3.connect(f"file:{server.request_log}?mode=ro", uri=True) as database:
        database.row_factory = sqlite3.Row
        rows = {row["request_id"]: row for row in database.execute("SELECT * FROM request")}
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    row = rows[done.headers["x-request-id"]]
    assert (row["status"], row["endpoint"], row["model"]) == (200, "/v1/completions", MODEL)
    assert row["completion_tokens"] == done.json()["usage"]["completion_tokens"]
    assert row["prompt_tokens"] == done.json()["usage"]["prompt_tokens"]
    assert 0 < row["ttft_ms"] <= row["total_ms"]
    row = rows[failed.headers["x-request-id"]]
    assert (row["status"], row["error_code"]) == (404, "model_not_found")
    assert secret.encode() not in server.request_log.read_bytes()
    assert secret not in server.output
    assert server.request_log.stat().st_mode & 0o777 == 0o600


def test_rows_survive_a_kill(own_server):
    server = own_server()
    ids = []
    with httpx.Client(base_url=server.url, timeout=60) as http:
        for _ in range(5):
            reply = http.post("/v1/completions", json={"model": MODEL, "prompt": "a", "max_tokens": 1})
            ids.append(reply.headers["x-request-id"])
    # Rows are written within 100 ms; reading them is how to know.
    deadline = time.monotonic() + 60
    while len(log_of(server, "--last", "10")) < 5 and time.monotonic() < deadline:
        pass
    server.kill()
    assert len(log_of(server, "--last", "10")) == 5
    again = own_server()
    assert again.stop() == 0
    with sqlite3.connect(f"file:{server.request_log}?mode=ro", uri=True) as database:
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        found = {row[0] for row in database.execute("SELECT request_id FROM request")}
    assert found >= set(ids)


def test_a_client_that_leaves_is_marked(own_server):
    server = own_server()
    with httpx.Client(base_url=server.url, timeout=60) as http:
        body = {"model": MODEL, "prompt": "a", "max_tokens": 4_000, "ignore_eos": True, "stream": True}
        with http.stream("POST", "/v1/completions", json=body) as response:
            next(response.iter_bytes())
    assert server.stop() == 0
    with sqlite3.connect(f"file:{server.request_log}?mode=ro", uri=True) as database:
        assert database.execute("SELECT client_cancelled, streamed FROM request").fetchall() == [(1, 1)]


def test_two_servers_may_not_share_a_log(own_server):
    server = own_server()
    second = run("serve", "--model", MODEL, "--port", "0", "--request-log", server.request_log)
    assert second.returncode == 1
    assert "in use" in second.stderr + second.stdout


def test_readers_do_not_disturb_the_server(own_server):
    server = own_server()
    stop = threading.Event()
    failures = []

    def read():
        while not stop.is_set():
            try:
                log_of(server, "--last", "5")
            except AssertionError as error:
                failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        with httpx.Client(base_url=server.url, timeout=60) as http:
            for _ in range(30):
                http.post("/v1/completions", json={"model": MODEL, "prompt": "a", "max_tokens": 1}).raise_for_status()
    finally:
        stop.set()
        reader.join()
    assert not failures
    assert server.stop() == 0


@pytest.fixture(scope="module")
def model_bytes():
    listed = json.loads(run("list", "--json").stdout)
    paths = [MODEL, *(entry["path"] for entry in listed if entry["name"] == MODEL and entry["path"])]
    return pathlib.Path(paths[-1]).read_bytes()


@pytest.mark.parametrize("kept", [0, 3, 24, 1_000, 1_000_000, -1])
def test_a_model_file_cut_short(tmp_path, model_bytes, kept):
    refused(tmp_path, model_bytes[:kept])


@pytest.mark.parametrize("offset", [0, 4, 8, 16, 24, 32])
def test_a_model_file_that_lies(tmp_path, model_bytes, offset):
    # The magic, the version, the counts, and the first key's length and letters.
    refused(tmp_path, model_bytes[:offset] + b"\xff\xff\xff\x7f" + model_bytes[offset + 4 :])


def refused(folder, content):
    damaged = folder / "damaged.gguf"
    damaged.write_bytes(content)
    for command in (["inspect"], ["serve", "--port", "0", "--request-log", folder / "requests.sqlite"]):
        result = run(*command, "--model", damaged)
        assert result.returncode == 1, result.stderr
        assert "damaged.gguf" in result.stderr
        assert len(result.stderr.splitlines()) < 10


def test_healthcheck_of_a_server_that_is_not_there(own_server):
    server = own_server()
    port = server.url.rsplit(":", 1)[1]
    assert run("healthcheck", environment={"NEEDLETAIL_PORT": port}).returncode == 0
    server.stop()
    assert run("healthcheck", environment={"NEEDLETAIL_PORT": port}).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["--version"], 0), (["--help"], 0), (["keys", "add", "--help"], 0), (["--no-such-option"], 64),
     (["no-such-command"], 64), (["serve", "--port", "x", "--model", MODEL], 64),
     (["serve", "--model", MODEL, "--port", "70000"], 64),
     (["serve", "--model", "no-such-model", "--port", "0", "--request-log", "none"], 1),
     (["serve", "--model", MODEL, "--host", "0.0.0.0", "--port", "0", "--request-log", "none"], 1),
     (["inspect", "--model", "/nowhere.gguf"], 1), (["tokenize", "--model", MODEL, "hello"], 0),
     (["generate", "--model", "no-such-model", "--prompt", "hello"], 1), (["logs", "--request-log", "/nowhere/x.sqlite"], 1),
     (["keys", "revoke", "x", "--api-keys", "/nowhere/keys.json"], 1),
     (["healthcheck", "--port", "9"], 1)],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)  # fmt: skip
def test_exit_statuses(arguments, status):
    result = run(*arguments)
    assert result.returncode == status, result.stdout + result.stderr
    # What goes wrong is told where errors belong, and what was asked for where output does.
    assert bool(result.stderr) == (status != 0) and bool(result.stdout) == (status == 0)


def test_help_is_there_for_every_command():
    for command in ("serve", "generate", "tokenize", "inspect", "bench", "perplexity", "pull", "list", "logs"):
        result = run(command, "--help")
        assert result.returncode == 0
        assert "USAGE" in result.stdout
