"""The server under test: `NEEDLETAIL_URL`, or the built binary on a free port."""

import os

import contract
import httpx
import openai
import pytest
from process import BINARY, EMBEDDER, MODEL, ServerProcess
from tap import Tap


def pytest_configure(config):
    if not BINARY.exists() and "NEEDLETAIL_URL" not in os.environ:
        pytest.exit(f"{BINARY} is not there; `make conformance` builds it", returncode=2)


@pytest.fixture(scope="session")
def url(tmp_path_factory):
    if given := os.environ.get("NEEDLETAIL_URL"):
        yield given.rstrip("/")
        return
    server = ServerProcess(tmp_path_factory.mktemp("server"), "--model", EMBEDDER)
    yield server.url
    assert server.stop() == 0, server.output


@pytest.fixture(scope="session")
def taps():
    """Puts a tap before a server, or finds the one that is there."""
    opened = {}

    def tap(url):
        if url not in opened:
            opened[url] = Tap(url)
        return opened[url]

    tap.opened = opened
    yield tap
    for tap in opened.values():
        tap.close()


@pytest.fixture(autouse=True)
def replies_keep_to_the_contract(taps):
    yield
    exchanges = [exchange for tap in taps.opened.values() for exchange in tap.take()]
    faults = [fault for exchange in exchanges for fault in contract.faults(exchange)]
    assert not faults, "\n".join(faults[:20])


@pytest.fixture(scope="session")
def tapped(url, taps):
    """The server's URL through a tap, which checks all replies."""
    return taps(url).url


@pytest.fixture(scope="session")
def model():
    return MODEL


@pytest.fixture(scope="session")
def client(tapped):
    # No retries: a test has to see the first answer.
    with openai.OpenAI(base_url=tapped + "/v1", api_key="unused", max_retries=0, timeout=120) as client:
        yield client


@pytest.fixture
def http(tapped):
    with httpx.Client(base_url=tapped, timeout=120) as client:
        yield client


@pytest.fixture
def own_server(tmp_path):
    """Starts a server for one test only, which may kill it."""
    if not BINARY.exists():
        pytest.skip("needs the built binary")
    started = []

    def start(*arguments, **options):
        started.append(ServerProcess(tmp_path, *arguments, **options))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.kill()
