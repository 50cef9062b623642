"""A server process of the built binary."""

import os
import pathlib
import queue
import re
import signal
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("NEEDLETAIL_BINARY", ROOT / ".build/release/needletail"))
MODEL = os.environ.get("NEEDLETAIL_MODEL", "smollm2-135m-instruct")
EMBEDDER = os.environ.get("NEEDLETAIL_EMBEDDER", "all-minilm-l6-v2")
TEXT_TASKS = ("embeddings", "rerank", "score", "classify", "fill-mask")
START_SECONDS = 120


def model_for(path):
    """The model of the two that serves a path, as far as one of them does."""
    return EMBEDDER if path.endswith(TEXT_TASKS) else MODEL


class ServerProcess:
    """Runs `needletail serve` on a free port and waits until it says that it listens."""

    def __init__(self, folder, *arguments, model=MODEL):
        self.request_log = pathlib.Path(folder) / "requests.sqlite"
        self.lines = []
        self._url = queue.Queue()
        self.process = subprocess.Popen(
            [BINARY, "serve", "--model", model, "--port", "0", "--request-log", self.request_log, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url = self._url.get(timeout=START_SECONDS)
        if self.url is None:
            raise RuntimeError("the server ended before it listened:\n" + "".join(self.lines))

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if found := re.search(r"listening on (http://\S+)", line):
                self._url.put(found[1])
        self._url.put(None)

    @property
    def output(self):
        return "".join(self.lines)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def kill(self):
        self.process.kill()
        self.wait()

    def wait(self, seconds=60):
        """The exit status."""
        status = self.process.wait(timeout=seconds)
        self._reader.join(timeout=seconds)
        return status

    def stop(self):
        if self.process.poll() is None:
            self.terminate()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise


def run(*arguments, seconds=60, environment=None):
    """Runs a command of the binary to its end."""
    return subprocess.run(
        [BINARY, *arguments],
        capture_output=True,
        text=True,
        timeout=seconds,
        env={**os.environ, **(environment or {})},
    )
