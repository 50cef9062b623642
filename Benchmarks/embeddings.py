#!/usr/bin/env python3
"""Embeds the same texts with Needletail over HTTP and with ONNX Runtime's dynamic int8, in turns.

    Benchmarks/embeddings.py [--model all-minilm-l6-v2] [--binary .build/release/needletail] [--rounds 15]
        [--peers-python PYTHON --folder FOLDER] [--json results.json]

256 texts of 20 to 100 words. Needletail gets them in one request and, as a second figure, one by one over 8
connections; tokenising, JSON and HTTP are part of its time. The peer (peer_onnxruntime.py, which says what
`--peers-python` must have) gets tokens. Both stay up and take turns, pass by pass, because on a shared machine a minute is
not like the next. Without a peer only Needletail is measured.
"""
import argparse
import concurrent.futures
import http.client
import json
import pathlib
import random
import statistics
import subprocess
import tempfile
import time

from peers import ROOT, commit, processor
from serving_targets import Needletail

FOLDER = pathlib.Path(__file__).resolve().parent
WORDS = """
the of and to in is that for it as was with be by on not he his but at are this have from or had an they which one you
were all her she there would their we him been has when who will no more if out so up said what its about than into them
can only other time new some could these two may first then do any like my now over such our man me even most made after
also did many off before must well back through years where much your way down should because long each just state those
people too mister how little good world make very year still see work life being same another know while between against
river mountain harbour engine library painting orchestra molecule parliament hurricane umbrella telescope breakfast
""".split()


def texts(count, seed=7):
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=chance.randint(20, 100))) for _ in range(count)]


def post(connection, model, inputs):
    body = json.dumps({"model": model, "input": inputs, "encoding_format": "base64"})
    connection.request("POST", "/v1/embeddings", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    reply = json.loads(response.read())
    if response.status != 200:
        raise SystemExit(reply)
    return reply["usage"]["prompt_tokens"]


def together(server, inputs):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=120)
    start = time.perf_counter()
    tokens = post(connection, server.model, inputs)
    return tokens / (time.perf_counter() - start)


def one_by_one(server, inputs, clients=8):
    def work(part):
        connection = http.client.HTTPConnection(server.host, server.port, timeout=120)
        return sum(post(connection, server.model, text) for text in part)

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        start = time.perf_counter()
        tokens = sum(pool.map(work, [inputs[first::clients] for first in range(clients)]))
        return tokens / (time.perf_counter() - start)


class Peer:
    """ONNX Runtime in a process of its own, which rests until it is asked for a pass."""

    def __init__(self, args, inputs, work):
        path = pathlib.Path(work) / "texts.json"
        path.write_text(json.dumps(inputs))
        line = [args.peers_python, FOLDER / "peer_onnxruntime.py", "--folder", args.folder, "--texts", path,
                "--threads", str(args.threads), "--work", work]
        self.process = subprocess.Popen(
            list(map(str, line)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        # The exporter talks as well.
        for line in self.process.stdout:
            if line.startswith("{"):
                self.tokens = json.loads(line)["tokens"]
                break

    def measure(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.tokens / float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="all-minilm-l6-v2")
    parser.add_argument("--binary", default=ROOT / ".build/release/needletail")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--peers-python")
    parser.add_argument("--folder")
    parser.add_argument("--json")
    args, args.extra = parser.parse_known_args()

    inputs = texts(args.texts)
    figures = {"together": [], "one by one": [], "peer": []}
    with tempfile.TemporaryDirectory() as work, Needletail(args) as server:
        peer = Peer(args, inputs, work) if args.peers_python else None
        together(server, inputs)
        for _ in range(args.rounds):
            figures["together"].append(together(server, inputs))
            figures["one by one"].append(one_by_one(server, inputs))
            if peer:
                figures["peer"].append(peer.measure())
                # Its threads go on spinning for a while.
                time.sleep(0.2)
        if peer:
            peer.close()
    medians = {name: statistics.median(values) for name, values in figures.items() if values}
    print(f"{commit()}, {processor()}, {args.threads} threads, {args.texts} texts")
    for name, value in medians.items():
        ratio = f", {value / medians['peer']:.2f} x the peer's" if "peer" in medians and name != "peer" else ""
        print(f"{name:12} {value:10,.0f} tokens/s{ratio}")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps({"figures": figures, "medians": medians}, indent=2))


if __name__ == "__main__":
    main()
