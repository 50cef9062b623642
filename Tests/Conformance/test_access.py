"""API keys: who is let in, what they may do and how much of it."""

import json
import re
import signal
import sqlite3
import time
import uuid

import httpx
import openai
import pytest
from access import KeyFile
from process import MODEL, ROOT, run

HEALTH = {"/livez", "/health", "/healthz", "/readyz"}
BODY = {"model": MODEL, "prompt": "a", "max_tokens": 4}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return KeyFile(tmp_path_factory.mktemp("keys") / "keys.json")


@pytest.fixture(scope="module")
def secrets(keys):
    return {
        "infer": keys.add("infer"),
        "metrics": keys.add("metrics", "--scope", "metrics"),
        "admin": keys.add("admin", "--scope", "admin"),
        "both": keys.add("both", "--scope", "infer", "--scope", "metrics"),
        "limited": keys.add(
            "limited", "--requests-per-minute", "6", "--tokens-per-minute", "100", "--concurrent", "1"
        ),
        "busy": keys.add("busy", "--concurrent", "1"),
        "single": keys.add("single", "--requests-per-minute", "6", "--concurrent", "1"),
    }


@pytest.fixture(scope="module")
def server(keys, secrets, tmp_path_factory):
    from process import ServerProcess

    server = ServerProcess(
        tmp_path_factory.mktemp("server"), "--api-keys", keys.path, "--cors-origin", "https://app.example"
    )
    yield server
    assert server.stop() == 0, server.output


def with_key(server, secret, **headers):
    return httpx.Client(base_url=server.url, timeout=60, headers={"authorization": f"Bearer {secret}", **headers})


def error_of(response, status, code):
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["code"] == code
    return error


def documented_routes():
    """What openapi.yaml lists, which a unit test holds equal to the router's table."""
    path = None
    for line in (ROOT / "openapi.yaml").read_text().split("\ncomponents:")[0].splitlines():
        if found := re.fullmatch(r"  (/\S*):", line):
            path = found[1]
        elif (found := re.fullmatch(r"    (get|post|put|delete|patch):", line)) and path:
            yield found[1].upper(), path


def test_every_route_but_health_needs_a_key(server):
    routes = list(documented_routes())
    assert len(routes) >= 11 and {path for _, path in routes} > HEALTH
    with httpx.Client(base_url=server.url, timeout=60) as http:
        for method, path in routes:
            response = http.request(method, path.replace("{id}", "x"))
            if path in HEALTH:
                assert response.status_code == 200, path
                continue
            error_of(response, 401, "invalid_api_key")
            assert response.headers["www-authenticate"] == "Bearer"
            assert response.headers["x-request-id"]
            if method == "GET":
                assert http.head(path.replace("{id}", "x")).status_code == 401


@pytest.mark.parametrize(
    "path",
    ["//v1/models", "/v1/%6dodels", "/v1/%2e%2e/metrics", "/health/../v1/models", "/v1/models/", "/V1/MODELS",
     "/health%2f..%2fmetrics", "/metrics?x=/health", "/v1/models#/health"],
)  # fmt: skip
def test_no_spelling_of_a_path_gets_around_it(server, path):
    from raw import Connection

    for target in (path, server.url + path):
        with Connection(server.url) as connection:
            connection.request("GET", target)
            assert connection.read_response().status in (400, 401, 404), target


def test_the_forms_of_a_key(server, secrets):
    secret = secrets["infer"]
    good = [
        {"authorization": f"Bearer {secret}"}, {"authorization": f"bEARER  {secret}"}, {"x-api-key": secret},
        {"authorization": f"Basic {secret}", "x-api-key": secret},
    ]  # fmt: skip
    bad = [
        {"authorization": secret}, {"authorization": "Bearer"},
        {"authorization": f"Bearer{secret}"}, {"authorization": f"Basic {secret}"}, {"x-api-key": ""},
        {"authorization": f"Bearer {secret}x"}, {"authorization": f"Bearer {secret[:-1]}"},
        {"authorization": f"Bearer {secret.swapcase()}"}, {"authorization": f"Bearer {secret[:8]}"},
        {"authorization": "Bearer wrong", "x-api-key": secret}, {"cookie": f"key={secret}"},
        {"authorization": "Bearer " + "x" * 20_000},
    ]  # fmt: skip
    with httpx.Client(base_url=server.url, timeout=60) as http:
        for headers in good:
            assert http.get("/v1/models", headers=headers).status_code == 200, headers
        for headers in bad:
            response = http.get("/v1/models", headers=headers)
            error_of(response, 401, "invalid_api_key")
            assert secret not in response.text
        assert http.get("/v1/models", params={"api_key": secret}).status_code == 401


def test_the_openai_client(server, secrets):
    def client(key):
        return openai.OpenAI(base_url=server.url + "/v1", api_key=key, max_retries=0, timeout=60)

    assert client(secrets["infer"]).completions.create(**BODY).choices
    with pytest.raises(openai.AuthenticationError) as refused:
        client("wrong").completions.create(**BODY)
    assert refused.value.code == "invalid_api_key" and refused.value.request_id
    with pytest.raises(openai.PermissionDeniedError) as refused:
        client(secrets["metrics"]).completions.create(**BODY)
    assert refused.value.code == "permission_denied" and "infer" in refused.value.message


def test_scopes(server, secrets):
    allowed = {
        "infer": {"/v1/models"}, "metrics": {"/metrics"}, "admin": set(), "both": {"/v1/models", "/metrics"},
    }  # fmt: skip
    for name, paths in allowed.items():
        with with_key(server, secrets[name]) as http:
            for path in ("/v1/models", "/metrics"):
                assert http.get(path).status_code == (200 if path in paths else 403), (name, path)


def test_the_decision_comes_before_the_body(server, secrets):
    from raw import Connection

    for secret, status in (("wrong", 401), (secrets["metrics"], 403)):
        with Connection(server.url) as connection:
            connection.send(
                "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                f"Authorization: Bearer {secret}\r\nContent-Length: 1000000\r\n\r\n"
            )
            assert connection.read_response().status == status
            assert connection.is_closed_by_server()


def test_failures_are_counted(server, secrets):
    def failures():
        text = httpx.get(server.url + "/metrics", headers={"x-api-key": secrets["metrics"]}, timeout=60).text
        return {
            reason: int(count)
            for reason, count in re.findall(r'needletail_auth_failures_total\{reason="(\w+)"\} (\d+)', text)
        }

    before = failures()
    httpx.get(server.url + "/v1/models", timeout=60)
    httpx.get(server.url + "/v1/models", headers={"x-api-key": "wrong"}, timeout=60)
    httpx.get(server.url + "/v1/models", headers={"x-api-key": secrets["metrics"]}, timeout=60)
    after = failures()
    assert {reason: after[reason] - before.get(reason, 0) for reason in after} == {
        reason: 1 if reason in ("missing", "unknown", "scope") else 0 for reason in after
    }


def test_only_hashes_are_kept(keys, secrets, server):
    text = keys.path.read_text()
    assert keys.path.stat().st_mode & 0o777 == 0o600
    for secret in secrets.values():
        assert secret[8:] not in text and secret[:8] in text
        assert secret[8:] not in server.output
        assert secret[8:] not in keys.command("list").stdout + keys.command("list", "--json").stdout
        assert len(set(secret[8:])) > 10 and len(secret[8:]) == 43


def test_rate_limits(server, secrets):
    with with_key(server, secrets["limited"]) as http:
        first = http.get("/v1/models").headers
        assert first["x-ratelimit-limit-requests"] == "6" and first["x-ratelimit-remaining-requests"] == "5"
        assert first["x-ratelimit-limit-tokens"] == first["x-ratelimit-remaining-tokens"] == "100"
        assert re.fullmatch(r"(9\.\d+|10)s", first["x-ratelimit-reset-requests"])
        assert first["x-ratelimit-reset-tokens"] == "0s"

        with http.stream("POST", "/v1/completions", json={**BODY, "max_tokens": 60, "stream": True}) as stream:
            # The head comes after the tokens were taken: one of the prompt and sixty of the reply.
            # A machine under load takes a while to it, and meanwhile some come back.
            assert 39 <= int(stream.headers["x-ratelimit-remaining-tokens"]) < 60
            assert stream.headers["x-ratelimit-remaining-requests"] == "4"
            stream.read()

        large = http.post("/v1/completions", json={**BODY, "max_tokens": 101})
        assert "101" not in error_of(large, 429, "rate_limit_exceeded")["code"]
        assert large.headers["x-should-retry"] == "false" and "retry-after" not in large.headers
        assert large.headers["x-ratelimit-limit-tokens"] == "100"

        statuses = [http.get("/v1/models").status_code for _ in range(6)]
        assert 3 <= statuses.count(200) < 6 and statuses[-1] == 429
        refused = http.get("/v1/models")
        assert 1 <= int(refused.headers["retry-after"]) <= 10
        milliseconds = int(refused.headers["retry-after-ms"])
        assert (int(refused.headers["retry-after"]) - 1) * 1000 < milliseconds <= 10_000
        assert refused.headers["x-ratelimit-remaining-requests"] == "0"
    with with_key(server, secrets["infer"]) as http:
        response = http.get("/v1/models")
        assert response.status_code == 200, "one key's limits are nobody else's"
        assert not [name for name in response.headers if name.startswith("x-ratelimit")]


def test_one_too_many_at_once_costs_nothing(server, secrets):
    body = {**BODY, "max_tokens": 4_000, "ignore_eos": True, "stream": True}
    with with_key(server, secrets["single"]) as http, http.stream("POST", "/v1/completions", json=body) as stream:
        assert stream.status_code == 200 and stream.headers["x-ratelimit-remaining-requests"] == "5"
        second = http.get("/v1/models")
        error_of(second, 429, "rate_limit_exceeded")
        assert second.headers["retry-after"] == "1" and second.headers["retry-after-ms"] == "1000"
        assert second.headers["x-ratelimit-remaining-requests"] == "5"


def test_unused_tokens_come_back(server, keys):
    # A reply that ends early, by a stop string that every reply has.
    secret = keys.add(uuid.uuid4().hex[:12], "--tokens-per-minute", "1000")
    reload(server)
    with with_key(server, secret) as http:
        reply = http.post("/v1/completions", json={**BODY, "max_tokens": 900, "stop": ["e", "a", " ", "\n"]})
        used = reply.json()["usage"]["total_tokens"]
        # What was taken for a long reply is settled before the reply is sent, and not some time after.
        assert int(reply.headers["x-ratelimit-remaining-tokens"]) >= 1000 - used
        assert int(http.get("/v1/models").headers["x-ratelimit-remaining-tokens"]) >= 1000 - used


@pytest.mark.parametrize("stream", [False, True])
def test_a_slot_is_free_again_with_the_last_byte_of_the_reply(server, secrets, stream):
    # One connection and many short requests, each sent as soon as the one before is answered.
    with with_key(server, secrets["busy"]) as http:
        for _ in range(50):
            reply = http.post("/v1/completions", json={**BODY, "max_tokens": 1, "stream": stream})
            assert reply.status_code == 200, reply.text


def test_a_slot_is_free_again_when_the_client_goes(server, secrets):
    with with_key(server, secrets["busy"]) as http:
        for _ in range(5):
            body = {**BODY, "max_tokens": 4_000, "ignore_eos": True, "stream": True}
            with http.stream("POST", "/v1/completions", json=body) as stream:
                assert stream.status_code == 200
                next(stream.iter_bytes())
            deadline = time.monotonic() + 60
            while (status := http.get("/v1/models").status_code) != 200:
                assert status == 429 and time.monotonic() < deadline


def reload(server):
    """Sends SIGHUP and waits until the server says what came of it."""

    def reports():
        return [line for line in server.lines if "API keys" in line]

    before = len(reports())
    server.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 60
    while len(reports()) == before:
        assert time.monotonic() < deadline, server.output
        time.sleep(0.01)
    return reports()[-1]


def test_a_reload_drops_nothing(server, keys):
    secret = keys.add("short-lived")

    def status():
        return httpx.get(server.url + "/v1/models", headers={"x-api-key": secret}, timeout=60).status_code

    assert status() == 401
    reload(server)
    assert status() == 200
    with with_key(server, secret) as http:
        body = {**BODY, "max_tokens": 300, "ignore_eos": True, "stream": True}
        with http.stream("POST", "/v1/completions", json=body) as stream:
            pieces = stream.iter_lines()
            next(pieces)
            assert keys.command("revoke", "short-lived").returncode == 0
            reload(server)
            assert status() == 401
            assert [line for line in pieces if line][-1] == "data: [DONE]"
    refused = httpx.get(server.url + "/v1/models", headers={"x-api-key": secret}, timeout=60)
    error = error_of(refused, 401, "invalid_api_key")
    assert "revoked" in error["message"]


def test_a_broken_file_changes_nothing(server, keys, secrets):
    good = keys.path.read_bytes()
    try:
        for damaged in (b"", b"{", good.replace(b'"scopes"', b'"scope"', 1), good[:-10]):
            keys.path.write_bytes(damaged)
            assert "not reloaded" in reload(server)
            with with_key(server, secrets["infer"]) as http:
                assert http.get("/v1/models").status_code == 200
        keys.path.write_bytes(good)
        keys.path.chmod(0o644)
        assert "chmod" in reload(server)
    finally:
        keys.path.write_bytes(good)
        keys.path.chmod(0o600)
    assert "active" in reload(server)


def test_a_hangup_without_keys_is_a_line_and_no_end(own_server):
    server = own_server()
    for _ in range(2):
        server.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 60
    while "SIGHUP" not in server.output:
        assert time.monotonic() < deadline and server.process.poll() is None, server.output
        time.sleep(0.01)
    assert httpx.get(server.url + "/readyz", timeout=60).status_code == 200
    assert server.stop() == 0


def test_a_revoked_key_leaves_nothing_in_the_cache(server, keys):
    def cached(secret, prompt):
        with with_key(server, secret) as http:
            usage = http.post("/v1/completions", json={**BODY, "prompt": prompt, "max_tokens": 1}).json()["usage"]
            return usage["prompt_tokens_details"]["cached_tokens"]

    kept, gone = keys.add("kept"), keys.add("gone")
    reload(server)
    prompt = "word " * 100
    assert [cached(secret, prompt) for secret in (kept, gone)] == [0, 0]
    assert cached(gone, prompt) > 0
    before = json.loads(keys.path.read_text())
    assert keys.command("revoke", "gone").returncode == 0
    reload(server)
    # Only a file that is edited by hand brings a key back.
    keys.path.write_text(json.dumps(before))
    reload(server)
    assert cached(gone, prompt) == 0 and cached(kept, prompt) > 0


def test_strangers_get_half_of_the_connections(own_server, keys, secrets):
    import socket

    server = own_server("--api-keys", keys.path)
    host, port = server.url.removeprefix("http://").split(":")
    silent = [socket.create_connection((host, int(port))) for _ in range(700)]
    try:
        headers = {"x-api-key": secrets["both"]}
        with httpx.Client(base_url=server.url, headers=headers, timeout=60) as http:
            assert http.post("/v1/completions", json=BODY).status_code == 200
            # A reply arrives before its request's body is given back.
            deadline = time.monotonic() + 30
            while True:
                text = http.get("/metrics").text
                value = {name: float(re.search(rf"^needletail_http_{name} (\S+)", text, re.M)[1]) for name in (
                    "connections_open", "connections_displaced_total", "connections_refused_total",
                    "request_body_bytes")}  # fmt: skip
                if value["request_body_bytes"] == 0 or time.monotonic() > deadline:
                    break
            assert value["connections_open"] <= 513
            assert value["connections_displaced_total"] >= 188
            assert value["connections_refused_total"] == 0
            assert value["request_body_bytes"] == 0
        # The first to come had to go, the last one is still there.
        silent[0].settimeout(60)
        assert silent[0].recv(1) == b""
        silent[-1].sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert silent[-1].recv(12) == b"HTTP/1.1 200"
    finally:
        for connection in silent:
            connection.close()
    assert server.stop() == 0


def test_expiry(server, keys):
    listed = json.loads(keys.path.read_text())
    secret = keys.add("brief", "--expires", "1d")
    reload(server)
    headers = {"x-api-key": secret}
    assert httpx.get(server.url + "/v1/models", headers=headers, timeout=60).status_code == 200
    listed = json.loads(keys.path.read_text())
    for key in listed["keys"]:
        if key["name"] == "brief":
            key["expires"] = "2026-01-01T00:00:00Z"
    keys.path.write_text(json.dumps(listed))
    reload(server)
    error = error_of(httpx.get(server.url + "/v1/models", headers=headers, timeout=60), 401, "invalid_api_key")
    assert "expired" in error["message"]
    assert keys.list()["brief"]["state"] == "expired"


def test_the_log_names_the_key(server, keys, secrets):
    with with_key(server, secrets["infer"]) as http:
        done = http.post("/v1/completions", json=BODY).headers["x-request-id"]
    with with_key(server, secrets["metrics"]) as http:
        refused = http.post("/v1/completions", json=BODY).headers["x-request-id"]
    unknown = httpx.post(server.url + "/v1/completions", json=BODY, timeout=60).headers["x-request-id"]
    wanted = {done, refused, unknown}
    deadline = time.monotonic() + 60
    rows = {}
    while not wanted <= rows.keys():
        assert time.monotonic() < deadline
        with sqlite3.connect(f"file:{server.request_log}?mode=ro", uri=True) as database:
            found = database.execute("SELECT request_id, key_id, key_label, status, error_code FROM request")
            rows = {row[0]: row[1:] for row in found}
    listed = keys.list()
    assert rows[done] == (listed["infer"]["id"], "infer", 200, None)
    assert rows[refused] == (listed["metrics"]["id"], "metrics", 403, "permission_denied")
    assert rows[unknown] == (None, None, 401, "invalid_api_key")
    shown = run("logs", "--json", "--last", "1000", "--request-log", server.request_log)
    row = next(row for line in shown.stdout.splitlines() if (row := json.loads(line))["id"] == done)
    assert (row["key_id"], row["key"]) == (listed["infer"]["id"], "infer")


def test_web_pages_of_listed_origins_may_use_it(server, secrets):
    preflight = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type, x-stainless-os",
    }
    with httpx.Client(base_url=server.url, timeout=60) as http:
        asked = http.options("/v1/chat/completions", headers={"origin": "https://app.example", **preflight})
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-origin"] == "https://app.example"
        assert "POST" in asked.headers["access-control-allow-methods"]
        assert "x-stainless-os" in asked.headers["access-control-allow-headers"]
        assert asked.headers["vary"] == "Origin"
        answers = [
            asked,
            http.get("/v1/models", headers={"origin": "https://app.example", "x-api-key": secrets["infer"]}),
            http.get("/v1/models", headers={"origin": "https://app.example"}),
            http.get("/nowhere", headers={"origin": "https://app.example"}),
        ]
        assert [answer.status_code for answer in answers] == [204, 200, 401, 404]
        for answer in answers:
            assert answer.headers["access-control-allow-origin"] == "https://app.example"
            exposed = answer.headers["access-control-expose-headers"]
            assert "x-request-id" in exposed and "x-ratelimit-remaining-tokens" in exposed
            assert "access-control-allow-credentials" not in answer.headers
        for origin in ("https://evil.example", "https://app.example.evil", "http://app.example", "null", ""):
            asked = http.options("/v1/chat/completions", headers={"origin": origin, **preflight})
            assert not [name for name in asked.headers if name.startswith("access-control")], origin


def test_metrics_can_be_open(own_server, keys, secrets):
    server = own_server("--api-keys", keys.path, "--open-metrics")
    assert httpx.get(server.url + "/metrics", timeout=60).status_code == 200
    assert httpx.get(server.url + "/v1/models", timeout=60).status_code == 401
    assert server.stop() == 0


def test_with_keys_any_address_is_allowed(own_server, keys, secrets):
    server = own_server("--api-keys", keys.path, "--host", "0.0.0.0")
    url = server.url.replace("0.0.0.0", "127.0.0.1")
    assert httpx.get(url + "/v1/models", timeout=60).status_code == 401
    assert httpx.get(url + "/v1/models", headers={"x-api-key": secrets["infer"]}, timeout=60).status_code == 200
    assert server.stop() == 0


def serve(*arguments):
    return run("serve", "--model", MODEL, "--port", "0", "--request-log", "none", *arguments)


def test_what_is_refused_at_the_start(tmp_path, keys, secrets):
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    broken.chmod(0o600)
    open_to_all = tmp_path / "open.json"
    open_to_all.write_bytes(keys.path.read_bytes())
    open_to_all.chmod(0o644)
    for arguments, words in (
        (["--host", "0.0.0.0"], "--insecure-no-auth"),
        (["--api-keys", tmp_path / "missing.json"], "missing.json"),
        (["--api-keys", broken], "broken.json"),
        (["--api-keys", open_to_all], "chmod"),
        (["--cors-origin", "*"], "--api-keys"),
        (["--cors-origin", "https://app.example/"], "origin"),
        (["--cors-origin", "null"], "origin"),
    ):
        result = serve(*arguments)
        assert result.returncode != 0 and words in result.stderr, (arguments, result.stderr)


@pytest.mark.parametrize(
    "arguments",
    [["add", "a b"], ["add", "x", "--scope", "root"], ["add", "x", "--expires", "yesterday"],
     ["add", "x", "--expires", "2020-01-01"], ["add", "x", "--expires", "0d"],
     ["add", "x", "--requests-per-minute", "0"], ["add", "infer"], ["revoke", "nobody"]],
)  # fmt: skip
def test_commands_that_are_refused(keys, secrets, arguments):
    before = keys.path.read_bytes()
    result = keys.command(*arguments)
    assert result.returncode != 0 and result.stderr and not result.stdout
    assert keys.path.read_bytes() == before
