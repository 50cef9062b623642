"""Messages that are not HTTP, or nearly. Each gets an answer, and the next connection works."""

import json

import pytest
from raw import Connection

HOST = "Host: localhost\r\n"
JSON = "Content-Type: application/json\r\n"
POST = f"POST /v1/completions HTTP/1.1\r\n{HOST}{JSON}"


@pytest.fixture(autouse=True)
def the_next_connection_works(url):
    yield
    with Connection(url) as connection:
        connection.request("GET", "/health")
        assert connection.read_response().status == 200


def refusal(url, data, status):
    """Sends bytes that must be answered with this status, an error body and the end of the connection."""
    with Connection(url) as connection:
        connection.send(data)
        response = connection.read_response()
        assert response.status == status, response
        assert response.json()["error"].keys() == {"message", "type", "param", "code"}
        assert response.headers["x-request-id"]
        assert connection.is_closed_by_server()


@pytest.mark.parametrize(
    "message",
    {
        "two Content-Lengths": POST + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "the same Content-Length twice": POST + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        "a list of Content-Lengths": POST + "Content-Length: 2, 2\r\n\r\n{}",
        "Content-Length with a sign": POST + "Content-Length: +2\r\n\r\n{}",
        "Content-Length in hexadecimal": POST + "Content-Length: 0x2\r\n\r\n{}",
        "negative Content-Length": POST + "Content-Length: -1\r\n\r\n{}",
        "empty Content-Length": POST + "Content-Length: \r\n\r\n{}",
        "Content-Length and chunked": POST + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "chunked in HTTP/1.0": f"POST /v1/completions HTTP/1.0\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "bare LF after the request line": f"GET /health HTTP/1.1\n{HOST}\r\n",
        "bare LF after a field": "GET /health HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n",
        "bare LF everywhere": "GET /health HTTP/1.1\nHost: localhost\n\n",
        "bare CR": "GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n",
        "NUL in a value": "GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
        "space before the colon": "GET /health HTTP/1.1\r\nHost : localhost\r\n\r\n",
        "folded field": f"GET /health HTTP/1.1\r\n{HOST}X: a\r\n b\r\n\r\n",
        "field without a colon": f"GET /health HTTP/1.1\r\n{HOST}nonsense\r\n\r\n",
        "field without a name": f"GET /health HTTP/1.1\r\n{HOST}: x\r\n\r\n",
        "no Host": "GET /health HTTP/1.1\r\n\r\n",
        "two Hosts": f"GET /health HTTP/1.1\r\n{HOST}{HOST}\r\n",
        "Host that is none": "GET /health HTTP/1.1\r\nHost: a b\r\n\r\n",
        "Host with a path": "GET /health HTTP/1.1\r\nHost: localhost/v1/models?\r\n\r\n",
        "two spaces": f"GET  /health HTTP/1.1\r\n{HOST}\r\n",
        "no version": f"GET /health\r\n{HOST}\r\n",
        "method that is no token": f"G@T /health HTTP/1.1\r\n{HOST}\r\n",
        "nothing of HTTP": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    }.items(),
    ids=lambda item: item[0],
)
def test_malformed_messages(url, message):
    refusal(url, message[1], 400)


@pytest.mark.parametrize(
    "body",
    [
        "g\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n0\r\n\r\n", "+2\r\n{}\r\n0\r\n\r\n", "0x2\r\n{}\r\n0\r\n\r\n",
        " 2\r\n{}\r\n0\r\n\r\n", "2 \r\n{}\r\n0\r\n\r\n", "\r\n{}\r\n0\r\n\r\n", "2\n{}\r\n0\r\n\r\n",
        "2\r\n{}XX0\r\n\r\n", "2\r\n{}\n0\r\n\r\n", "ffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        "10000000000000000\r\n{}\r\n0\r\n\r\n", "2;\x01=1\r\n{}\r\n0\r\n\r\n",
    ],
)  # fmt: skip
def test_malformed_chunks(url, body):
    refusal(url, POST + "Transfer-Encoding: chunked\r\n\r\n" + body, 400)


def test_too_large(url):
    refusal(url, POST + "Content-Length: 99999999999\r\n\r\n", 413)
    refusal(url, f"GET /{'a' * 100_000} HTTP/1.1\r\n{HOST}\r\n", 414)
    refusal(url, f"GET /health HTTP/1.1\r\n{HOST}X: {'a' * 1_000_000}\r\n\r\n", 431)
    refusal(url, f"GET /health HTTP/1.1\r\n{HOST}" + "X: a\r\n" * 100_000 + "\r\n", 431)


def test_a_chunked_body_without_end_is_cut_off(url):
    piece = f"{1 << 20:x}\r\n" + " " * (1 << 20) + "\r\n"
    with Connection(url) as connection:
        connection.send(POST + "Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(64):
            connection.send(piece)
        try:
            assert connection.read_response().status == 413
        except ConnectionResetError:
            # The answer may be lost when the peer is still writing into the closed connection.
            pass


def test_unknown_versions_and_codings(url):
    refusal(url, f"GET /health HTTP/3.0\r\n{HOST}\r\n", 505)
    refusal(url, POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501)


def test_no_length_at_all(url):
    with Connection(url) as connection:
        connection.send(POST + "\r\n")
        assert connection.read_response().status in (400, 411)


def test_a_request_in_single_bytes(url, model):
    body = json.dumps({"model": model, "prompt": "a", "max_tokens": 1}).encode()
    message = (POST + f"Content-Length: {len(body)}\r\n\r\n").encode() + body
    with Connection(url) as connection:
        for index in range(len(message)):
            connection.send(message[index : index + 1])
        assert connection.read_response().status == 200


def test_a_chunked_request(url, model):
    body = json.dumps({"model": model, "prompt": "a", "max_tokens": 1})
    with Connection(url) as connection:
        chunks = "".join(f"1;name=value\r\n{character}\r\n" for character in body)
        connection.send(POST + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\nX-Trailer: t\r\n\r\n")
        assert connection.read_response().status == 200
        connection.request("GET", "/health")
        assert connection.read_response().status == 200


def test_pipelined_requests_are_answered_in_order(url, model):
    body = json.dumps({"model": model, "prompt": "a", "max_tokens": 3}).encode()
    completion = (POST + f"Content-Length: {len(body)}\r\n\r\n").encode() + body
    health = f"GET /health HTTP/1.1\r\n{HOST}\r\n".encode()
    missing = f"GET /missing HTTP/1.1\r\n{HOST}\r\n".encode()
    with Connection(url) as connection:
        connection.send(completion + health + missing + completion)
        answers = [connection.read_response() for _ in range(4)]
        assert [answer.status for answer in answers] == [200, 200, 404, 200]
        assert answers[0].json()["object"] == answers[3].json()["object"] == "text_completion"


def test_expect_continue(url, model):
    body = json.dumps({"model": model, "prompt": "a", "max_tokens": 1})
    with Connection(url) as connection:
        connection.send(POST + f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n")
        assert connection.read_head().startswith("HTTP/1.1 100 ")
        connection.send(body)
        assert connection.read_response().status == 200


def test_connection_close_and_http_1_0(url):
    for message in (
        f"GET /health HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n",
        "GET /health HTTP/1.0\r\n\r\n",
    ):
        with Connection(url) as connection:
            connection.send(message)
            assert connection.read_response().status == 200
            assert connection.is_closed_by_server()


def test_no_cross_origin_permission(url):
    with Connection(url) as connection:
        connection.request("GET", "/v1/models", headers=["Origin: https://evil.test"])
        assert "access-control-allow-origin" not in connection.read_response().headers
