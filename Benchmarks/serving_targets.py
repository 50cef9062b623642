"""Servers that `serving.py` starts, asks and stops."""
import http.client
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

import measurement
from load_client import Target

SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{.*\})? (\S+)$")


class ServerProcess(Target):
    """A process that serves until the end of a `with` statement; what it prints goes to a file."""

    def __init__(self, line, ready, model, seconds=60):
        self.output = tempfile.NamedTemporaryFile("w+", prefix="serving-", suffix=".log")
        self.process = subprocess.Popen(list(map(str, line)), stdout=self.output, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + seconds
        while not (url := ready(self.printed)):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise SystemExit(f"{line[0]} does not serve:\n{self.printed}")
            time.sleep(0.02)
        super().__init__(url, model)

    @property
    def printed(self):
        return pathlib.Path(self.output.name).read_text(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.close()

    def get(self, path):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    @property
    def resident_megabytes(self):
        return measurement.resident_megabytes(self.process.pid)


class Needletail(ServerProcess):
    def __init__(self, args, *options):
        line = [args.binary, "serve", "--model", args.model, "--threads", args.threads, "--port", 0, "--request-log",
                "none", "--drain-timeout", 0, *options]

        def ready(printed):
            found = re.search(r"listening on (http://\S+)", printed)
            return found and found[1]

        # The server calls a file by its name without the ending.
        super().__init__(line, ready, pathlib.Path(args.model).name.removesuffix(".gguf"))

    def metrics(self):
        """All samples of /metrics, summed over their labels."""
        found = {}
        for line in self.get("/metrics")[1].decode().splitlines():
            if match := SAMPLE.match(line):
                found[match[1]] = found.get(match[1], 0.0) + float(match[2])
        return found

    def wait_until(self, condition, seconds=30):
        """Waits until the metrics meet a condition; returns the last ones, and whether they did."""
        deadline = time.monotonic() + seconds
        while not condition(found := self.metrics()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found, condition(found)


class LlamaServer(ServerProcess):
    """llama.cpp's server with as many slots as there are clients, each with room for 512 tokens."""

    def __init__(self, args, slots):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        line = [args.llama_server, "-m", args.gguf, "-t", args.threads, "-np", slots, "-c", 512 * slots, "--port", port]

        def ready(_):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            try:
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return f"http://127.0.0.1:{port}"
            except OSError:
                pass
            finally:
                connection.close()
            return None

        super().__init__(line, ready, "default")
