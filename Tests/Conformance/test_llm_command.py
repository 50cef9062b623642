"""The command `llm`, with models of its own configuration."""

import os
import pathlib
import subprocess
import sys

import pytest
import yaml


@pytest.fixture(scope="module")
def llm(tapped, model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("llm")
    entry = {"model_name": model, "api_base": tapped + "/v1"}
    models = [
        {"model_id": "chat", **entry}, {"model_id": "text", "completion": True, **entry},
        {"model_id": "missing", **entry, "model_name": "nope"},
    ]  # fmt: skip
    (folder / "extra-openai-models.yaml").write_text(yaml.safe_dump(models))

    def run(*arguments):
        return subprocess.run(
            [pathlib.Path(sys.executable).parent / "llm", *arguments],
            env={**os.environ, "LLM_USER_PATH": str(folder), "OPENAI_API_KEY": "unused"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    return run


# Each run of the command takes more than a second before it asks anything.
@pytest.mark.parametrize("name", ["chat", "text"])
def test_whole_and_streamed(llm, name):
    asked = ["-m", name, "-o", "temperature", "0", "-o", "max_tokens", "12", "The capital of France is"]
    streamed, whole = llm(*asked), llm(*asked, "--no-stream")
    assert (streamed.returncode, whole.returncode) == (0, 0), streamed.stderr + whole.stderr
    assert streamed.stdout == whole.stdout and whole.stdout.strip()


def test_a_conversation(llm, taps, url):
    reply = llm("-m", "chat", "-s", "You are brief.", "-o", "max_tokens", "8", "-o", "seed", "1", "My name is Ada.")
    assert reply.returncode == 0, reply.stderr
    again = llm("-c", "-o", "max_tokens", "8", "What is my name?")
    assert again.returncode == 0, again.stderr
    assert [exchange.status for exchange in taps(url).exchanges] == [200, 200]


def test_errors_are_shown(llm):
    unknown = llm("-m", "missing", "Hi")
    assert unknown.returncode != 0 and "does not exist" in unknown.stderr
