"""A proxy between clients and the server that keeps what went through, so that any client's replies can be checked.

Clients are tested as they are installed, in their own processes too, so the wire is the one place where all replies
can be seen. Messages are forwarded as they come, streams piece by piece, and a client that leaves takes its connection
to the server along.
"""

import http.client
import http.server
import select
import socket
import threading
from urllib.parse import urlsplit

from contract import Exchange

PER_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.upstream = http.client.HTTPConnection(*self.server.upstream, timeout=600)

    def finish(self):
        self.upstream.close()
        super().finish()

    def handle(self):
        try:
            super().handle()
        except ConnectionError:
            # One of the two has gone; the other is about to see it.
            pass

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.forward
        raise AttributeError(name)

    def forward(self):
        self._send_request()
        self._wait_for_either()
        with self.upstream.getresponse() as response:
            self._reply(response)

    def _send_request(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            body = b"".join(self._chunks())
        self.upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in PER_CONNECTION | {"content-length"}:
                self.upstream.putheader(name, value)
        if body or self.command not in ("GET", "HEAD", "OPTIONS", "DELETE"):
            self.upstream.putheader("Content-Length", str(len(body)))
        try:
            self.upstream.endheaders(body or None)
        except ConnectionError:
            # The server has refused a body while it came; its answer may be there to read.
            pass

    def _wait_for_either(self):
        """Waits for the reply, or for the client to leave."""
        client = self.connection
        readable, _, _ = select.select([self.upstream.sock, client], [], [])
        if readable == [client] and not client.recv(1, socket.MSG_PEEK):
            raise ConnectionResetError

    def _chunks(self):
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _reply(self, response):
        exchange = Exchange(
            self.command, self.path, response.status,
            {name.lower(): value for name, value in response.getheaders()}, b"", complete=False,
        )  # fmt: skip
        self.server.exchanges.append(exchange)
        self.send_response_only(response.status, response.reason)
        for name, value in response.getheaders():
            if name.lower() not in PER_CONNECTION:
                self.send_header(name, value)
        streamed = response.chunked
        if streamed:
            self.send_header("Transfer-Encoding", "chunked")
        if response.will_close:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        while piece := response.read1(1 << 16):
            exchange.body += piece
            if not streamed and len(exchange.body) == int(exchange.headers.get("content-length", -1)):
                exchange.complete = True
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if streamed else piece)
        exchange.complete = True
        if streamed:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        pass


class Tap(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, url):
        parts = urlsplit(url)
        self.upstream = (parts.hostname, parts.port)
        self.exchanges = []
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()

    def take(self):
        """What went through since it was last asked for."""
        taken, self.exchanges = self.exchanges, []
        return taken

    def close(self):
        self.shutdown()
        self.server_close()
        self._thread.join()
