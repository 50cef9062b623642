#!/usr/bin/env python3
"""Measures Needletail on one GGUF file and prints one JSON object, with the interface of the peers' scripts.

    python measure_needletail.py --gguf F --measure prefill [--binary .build/release/needletail] [--threads 2]
"""
import json
import pathlib
import re
import signal
import subprocess
import time
import urllib.request

import measurement

ROOT = pathlib.Path(__file__).resolve().parent.parent


def command(args, *words):
    line = [args.binary, words[0], "--model", args.gguf, "--threads", str(args.threads), *words[1:]]
    return json.loads(subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout)


def bench(args, rate, prompt, generate, batch=1, repetitions=None):
    result = command(
        args, "bench", "--json", "--prompt-tokens", str(prompt), "--generate-tokens", str(generate),
        "--batch", str(batch), "--repetitions", str(repetitions or args.repetitions))
    args.kernels = result["kernels"]
    return result[f"{rate}_tokens_per_second"]


def perplexity(args):
    return command(args, "perplexity", "--json", "--file", args.text, "--context", "512")["perplexity"]


class Server:
    """`needletail serve`, with room for 4,096 tokens; `seconds` is from the process to `listening on`."""

    def __init__(self, args):
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            [args.binary, "serve", "--model", args.gguf, "--threads", str(args.threads), "--port", "0",
             "--context", "4096", "--request-log", "none"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if match := re.search(r"listening on (http://\S+)", line):
                self.url, self.seconds = match[1], time.perf_counter() - begin
                return
        raise SystemExit("".join(lines))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate()

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def resident_megabytes(self):
        return measurement.resident_megabytes(self.process.pid)


def resident(args):
    """Megabytes of the server's whole process after a prompt of 512 tokens and 16 steps."""
    with Server(args) as server:
        prompt = [(1000 + 37 * i) % 30000 for i in range(512)]
        model = server.ask("/v1/models")["data"][0]["id"]
        server.ask("/v1/completions", {"model": model, "prompt": prompt, "max_tokens": 16, "ignore_eos": True})
        return server.resident_megabytes()


def start(args):
    with Server(args) as server:
        return server.seconds


MEASUREMENTS = {
    "prefill": lambda args: bench(args, "prefill", 512, 0),
    "decode": lambda args: bench(args, "decode", 16, 64),
    "decode_32": lambda args: bench(args, "decode", 192, 32, batch=32, repetitions=min(args.repetitions, 2)),
    "decode_at_500": lambda args: bench(args, "decode", 500, 64),
    "decode_at_8000": lambda args: bench(args, "decode", 8000, 32, repetitions=1),
    "perplexity": perplexity,
    "resident": resident,
    "start": start,
}


def main():
    parser = measurement.parser(__doc__, MEASUREMENTS)
    parser.add_argument("--binary", default=str(ROOT / ".build/release/needletail"))
    parser.add_argument("--text", help="a text, for perplexity")
    args = parser.parse_args()
    args.kernels = None
    value = MEASUREMENTS[args.measure](args)
    version = subprocess.run([args.binary, "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    print(json.dumps({"version": version, "kernels": args.kernels, "value": value}))


if __name__ == "__main__":
    main()
