"""Clients that go at any moment, and readers that hardly read, beside clients that stay."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

import metrics
import pytest
from process import MODEL, ServerProcess
from raw import Connection

SURVIVORS = ["The history of the bicycle begins", "In the year 1969,", "Roses are red,", "import numpy as np\n"]
PHASES = ("connect", "body", "queued", "prefill", "decode", "whole")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    # Few places, so that many wait.
    server = ServerProcess(tmp_path_factory.mktemp("server"), "--max-sequences", "6")
    yield server
    assert server.stop() == 0, server.output


def text_of(server, prompt):
    """A reply that is streamed to its end."""
    body = {"model": MODEL, "prompt": prompt, "max_tokens": 96, "temperature": 0, "ignore_eos": True, "stream": True}
    with Connection(server.url, seconds=120) as connection:
        connection.request("POST", "/v1/completions", body)
        assert " 200 " in connection.read_head()
        data = b"".join(connection.chunks())
    assert data.endswith(b"data: [DONE]\n\n")
    return [line.split(b'"text":')[1].split(b',"')[0] for line in data.splitlines() if b'"text":' in line]


def go_away(server, number):
    """Goes without a word while connecting, sending, waiting, or while its prompt or its reply is computed."""
    phase, choice = PHASES[number % len(PHASES)], random.Random(number)
    prompt = f"{number} " + "word " * (2000 if phase == "prefill" else 50)
    body = {"model": MODEL, "prompt": prompt, "max_tokens": 1000, "ignore_eos": True, "stream": phase != "whole"}
    connection = Connection(server.url)
    if phase == "body":
        connection.send(
            f"POST /v1/completions HTTP/1.1\r\nHost: {connection.host}\r\nContent-Type: application/json\r\n"
            'Content-Length: 900\r\n\r\n{"model":'
        )
    elif phase != "connect":
        connection.request("POST", "/v1/completions", body)
    if phase == "decode":
        connection.read_head()
        for _ in range(choice.randint(1, 3)):
            connection.socket.recv(4096)
    elif phase in ("prefill", "whole"):
        time.sleep(choice.random() * 0.2)  # to be somewhere in it, not to wait for anything
    connection.reset() if choice.random() < 0.5 else connection.close()


def test_a_hundred_disconnects_leave_the_others_alone(server):
    undisturbed = [text_of(server, prompt) for prompt in SURVIVORS]
    with ThreadPoolExecutor(24) as pool:
        survivors = [pool.submit(text_of, server, prompt) for prompt in SURVIVORS * 2]
        leaving = [pool.submit(go_away, server, number) for number in range(100)]
        for future in leaving:
            future.result()
        assert [future.result() for future in survivors] == undisturbed * 2
    assert metrics.wait_until_idle(server.url) == dict.fromkeys(metrics.IDLE, 0)
    assert [text_of(server, prompt) for prompt in SURVIVORS] == undisturbed


def slow_reader(server, number):
    """Asks for a long stream, and lets the kernel take little of it."""
    reader = Connection(server.url, receive_buffer=2048)
    body = {"model": MODEL, "prompt": f"{number}", "max_tokens": 2000, "ignore_eos": True, "stream": True}
    reader.request("POST", "/v1/completions", body)
    return reader


def test_slow_readers_hold_no_place_that_others_want(server):
    alone = [text_of(server, prompt) for prompt in SURVIVORS]
    readers = [slow_reader(server, number) for number in range(6)]
    for reader in readers[:3]:
        assert reader.socket.recv(1)
    with ThreadPoolExecutor(len(SURVIVORS)) as pool:
        assert list(pool.map(lambda prompt: text_of(server, prompt), SURVIVORS)) == alone
    for reader in readers:
        reader.reset()
    assert metrics.wait_until_idle(server.url) == dict.fromkeys(metrics.IDLE, 0)
