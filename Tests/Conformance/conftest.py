"""The server under test: `NEEDLETAIL_URL`, or the built binary on a free port."""

import os

import httpx
import openai
import pytest
from process import BINARY, MODEL, ServerProcess


def pytest_configure(config):
    if not BINARY.exists() and "NEEDLETAIL_URL" not in os.environ:
        pytest.exit(f"{BINARY} is not there; `make conformance` builds it", returncode=2)


@pytest.fixture(scope="session")
def url(tmp_path_factory):
    if given := os.environ.get("NEEDLETAIL_URL"):
        yield given.rstrip("/")
        return
    server = ServerProcess(tmp_path_factory.mktemp("server"))
    yield server.url
    assert server.stop() == 0, server.output


@pytest.fixture(scope="session")
def model():
    return MODEL


@pytest.fixture(scope="session")
def client(url):
    # No retries: a test has to see the first answer.
    with openai.OpenAI(base_url=url + "/v1", api_key="unused", max_retries=0, timeout=120) as client:
        yield client


@pytest.fixture
def http(url):
    with httpx.Client(base_url=url, timeout=120) as client:
        yield client


@pytest.fixture
def own_server(tmp_path):
    """Starts a server for one test only, which may kill it."""
    if not BINARY.exists():
        pytest.skip("needs the built binary")
    started = []

    def start(*arguments):
        started.append(ServerProcess(tmp_path, *arguments))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.kill()
