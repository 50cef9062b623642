"""HTTP/1.1 by hand, for messages that no client library would send."""

import json
import socket
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass
class Response:
    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)


class Connection:
    def __init__(self, url, seconds=60, receive_buffer=None):
        """`receive_buffer` bounds what the kernel takes in for a client that does not read."""
        parts = urlsplit(url)
        self.host = parts.netloc
        self.socket = socket.socket()
        self.socket.settimeout(seconds)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect((parts.hostname, parts.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, data):
        """Sends everything, or as much as the server takes before it refuses and closes."""
        try:
            self.socket.sendall(data if isinstance(data, bytes) else data.encode())
        except (BrokenPipeError, ConnectionResetError):
            pass

    def request(self, method, path, body=None, headers=()):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", *headers]
        payload = b""
        if body is not None:
            payload = body if isinstance(body, bytes) else json.dumps(body).encode()
            lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + payload)

    def read_response(self, method="GET"):
        """The next final response; interim ones are passed over."""
        while True:
            response = self._read_one(method)
            if response.status >= 200:
                return response

    def _read_one(self, method):
        head = self._read_until(b"\r\n\r\n").decode("latin-1")
        lines = head.split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        if method == "HEAD" or status < 200 or status in (204, 304):
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body = b"".join(self.chunks())
        elif "content-length" in headers:
            body = self._read_exactly(int(headers["content-length"]))
        else:
            body = self.read_to_end()
        return Response(status, headers, body)

    def read_head(self):
        return self._read_until(b"\r\n\r\n").decode("latin-1")

    def chunks(self):
        """The chunks of a chunked body, whose head has been read."""
        while size := int(self._read_until(b"\r\n"), 16):
            yield self._read_exactly(size)
            self._read_exactly(2)
        self._read_until(b"\r\n")

    def read_to_end(self):
        data = self._buffer
        self._buffer = b""
        while True:
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                return data
            if not piece:
                return data
            data += piece

    def is_closed_by_server(self):
        return self.read_to_end() == b""

    def _read_until(self, mark):
        while mark not in self._buffer:
            self._fill()
        found, _, self._buffer = self._buffer.partition(mark)
        return found

    def _read_exactly(self, count):
        while len(self._buffer) < count:
            self._fill()
        found, self._buffer = self._buffer[:count], self._buffer[count:]
        return found

    def _fill(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise EOFError(f"closed after {self._buffer[:200]!r}")
        self._buffer += piece
