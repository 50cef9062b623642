"""Requests that Schemathesis makes up from openapi.yaml: valid ones, and ones that are wrong in all sorts of ways.

By default about 200 of them, the same ones each time, of a server with both models. `NEEDLETAIL_FUZZ=full` has 2,000 and
more, which takes minutes, and as many of a server that has no model for embeddings.
"""

import os
import pathlib
import subprocess
import sys

import contract
import httpx
import pytest
import yaml
from process import EMBEDDER

FULL = os.environ.get("NEEDLETAIL_FUZZ") == "full"
SEED = os.environ.get("NEEDLETAIL_FUZZ_SEED", "20")
CONFIGURATION = """
request-timeout = 60
[checks.negative_data_rejection]
# Besides 400: too large, and of another type, before the content is looked at.
expected-statuses = [400, 404, 405, 413, 415]
[checks.not_a_server_error]
# 501 is for what the model cannot do; where openapi.yaml does not list it, it is a fault all the same.
expected-statuses = ["2xx", "3xx", "4xx", 501]
[cache]
enabled = false
"""
EVENT = {"type": "object", "required": ["data"], "properties": {"data": {"type": "string"}}}


def document(url):
    """The document as the server shows it, with streams described as Schemathesis reads them: one event, and not the text of all of them.

    What is in the events is checked on the way through the tap.
    """
    served = httpx.get(url + "/openapi.yaml", timeout=60)
    assert served.status_code == 200 and served.headers["content-type"] == "application/yaml"
    changed = yaml.safe_load(served.text)
    assert changed == contract.OURS, "the server was built with another document"
    for item in changed["paths"].values():
        for operation in item.values():
            content = operation["responses"]["200"]["content"]
            if "text/event-stream" in content:
                content["text/event-stream"] = {"schema": EVENT}
            if "application/yaml" in content:
                # Read as what the text means, and not as the text that it is.
                content["application/yaml"] = {"schema": {"type": "object"}}
    return changed


@pytest.fixture(params=["both models", "chat alone"] if FULL else ["both models"])
def fuzzed(own_server, taps, request):
    # A short context bounds what a valid request can cost.
    models = ["--model", EMBEDDER] if request.param == "both models" else []
    server = own_server("--context", "256", "--request-timeout", "50", *models)
    yield taps(server.url)
    assert server.stop() == 0, server.output


def test_requests_made_up_from_the_document(fuzzed, tmp_path):
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(document(fuzzed.url)))
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    phases = "examples,coverage,fuzzing,stateful" if FULL else "examples,fuzzing"
    result = subprocess.run(
        [
            pathlib.Path(sys.executable).parent / "schemathesis", "run", "openapi.yaml", "--url", fuzzed.url,
            "--checks", "all", "--exclude-checks", "positive_data_acceptance", "--phases", phases,
            "--max-examples", "80" if FULL else "36", "--seed", SEED, "--generation-database", "none",
            "--no-shrink", "--continue-on-failure", "--no-color",
            # How soon replies come says how busy the machine is, up to where the server gives requests up.
            "--max-response-time", "60",
        ],
        cwd=tmp_path, capture_output=True, text=True,
        env={
            **os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
            "PYTHONPATH": str(pathlib.Path(__file__).parent),
        },
    )  # fmt: skip
    exchanges = fuzzed.take()
    statuses = [exchange.status for exchange in exchanges]
    counts = {status: statuses.count(status) for status in sorted(set(statuses))}
    print(len(statuses), "requests:", counts)
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(statuses) >= (2_000 if FULL else 150)
    assert not [status for status in counts if status >= 500 and status != 501]
    assert not [fault for exchange in exchanges for fault in contract.faults(exchange)]
