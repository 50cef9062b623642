#!/usr/bin/env python3
"""Measures what a server promises to many clients at once, and prints each figure beside its bound.

    Benchmarks/serving.py [SCENARIO ...] [--binary .build/release/needletail] [--rounds 3] [--json results.json]

Each scenario starts a server of its own and takes some seconds a round; without names all of them run. Standard library
only. The exit status is 1 if a bound is missed. Nothing else should run meanwhile; the load generator takes a share of
the same processors, about a tenth of one.

The scenario `peers` runs the chats on Needletail and in turns, with `--llama-server PATH --gguf FILE`, on llama.cpp's
server, and with `--peers-python PYTHON --gguf FILE` (the one that peers.py makes: .venv-peers/bin/python) on OpenVINO
GenAI's continuous batching, without HTTP and with all prompts given at once.
"""
import argparse
import asyncio
import datetime
import json
import pathlib
import signal
import statistics
import subprocess
import sys

from peers import ROOT, commit, processor
from serving_figures import CHAT_TOKENS, Row
from serving_scenarios import SCENARIOS, closed_loop
from serving_targets import LlamaServer, Needletail

FOLDER = pathlib.Path(__file__).resolve().parent


def openvino(args):
    """Tokens per second of as many prompts and completions as there are clients, all given at once."""
    line = [args.peers_python, FOLDER / "peer_openvino.py", "--gguf", args.gguf, "--threads", str(args.threads),
            "--measure", "chats", "--repetitions", "1"]
    result = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(result.stdout.strip().splitlines()[-1])["value"]


async def peers(args):
    """The same 32 concurrent chats by llama.cpp's server and OpenVINO GenAI, in turns."""
    ours, llama, vino = [], [], []
    for number in range(args.rounds):
        with Needletail(args) as server:
            ours.append(await closed_loop(server, args, f"peers-{number}"))
        if args.llama_server:
            with LlamaServer(args, args.clients) as server:
                # Its prompts differ, so there is nothing to find in a cache; searching one would only cost it time.
                llama.append(await closed_loop(server, args, f"peers-{number}", cache_prompt=False))
        if args.peers_python:
            vino.append(openvino(args))

    def median(runs, name):
        return statistics.median(run[name] for run in runs)

    total = median(ours, "total")
    rows = [Row("Needletail, total", total, "tokens/s"), Row("Needletail, median time to first token",
                                                             median(ours, "ttft"), "ms")]
    if llama:
        rows += [
            Row("llama-server, total", median(llama, "total"), "tokens/s"),
            Row("llama-server, median time to first token", median(llama, "ttft"), "ms"),
            Row("llama-server, median gap", median(llama, "gap_p50"), "ms"),
            Row("llama-server, p99 gap", median(llama, "gap_p99"), "ms"),
            Row("llama-server, failures", sum(run["failures"] for run in llama)),
            Row.at_least("to llama-server", total / median(llama, "total"), 8),
        ]
    if vino:
        rows += [Row("OpenVINO GenAI, total", statistics.median(vino), "tokens/s"),
                 Row.at_least("to OpenVINO GenAI", total / statistics.median(vino), 2)]
    return rows


def verdict(row):
    return {None: "", True: "met", False: "MISSED"}[row.is_met]


def stop(number, _):
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join([*SCENARIOS, "peers"]))
    parser.add_argument("--binary", default=str(ROOT / ".build/release/needletail"))
    parser.add_argument("--model", default="smollm2-135m-instruct", help="a name in the store, or a file")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--chats", type=int, default=2, help="of each client in a row, in `chats` and `peers`")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=30, help="how long /metrics is scraped")
    parser.add_argument("--llama-server", help="a llama-server binary, for `peers`")
    parser.add_argument("--peers-python", help="a Python that has openvino-genai, for `peers`")
    parser.add_argument("--gguf", help="the file of the same model that the peers load")
    parser.add_argument("--json", help="write every row to this file")
    args = parser.parse_args()
    has_peers = bool(args.llama_server or args.peers_python)
    table = {**SCENARIOS, **({"peers": peers} if has_peers else {})}
    if unknown := [name for name in args.scenarios if name not in table]:
        parser.error(f"no such scenario, or it lacks its options: {', '.join(unknown)}")
    if has_peers and not args.gguf:
        parser.error("the peers need --gguf")
    # So that the end of the measurement is the end of its servers.
    signal.signal(signal.SIGTERM, stop)
    about = {"commit": commit(), "processor": processor(), "threads": args.threads, "rounds": args.rounds,
             "clients": args.clients, "chats": args.chats, "completion_tokens": CHAT_TOKENS, "date": datetime.date.today().isoformat()}
    print(f"{about['processor']}, {args.threads} threads, {args.rounds} rounds, commit {about['commit']}")
    results = {}
    for name in args.scenarios or table:
        print(f"\n{name}: {table[name].__doc__.splitlines()[0]}\n", flush=True)
        results[name] = rows = asyncio.run(table[name](args))
        print("| | measured | bound | |\n|---|---|---|---|")
        for row in rows:
            print(f"| {row.what} | {row.value:,.4g} {row.unit} | {row.bound} | {verdict(row)} |", flush=True)
    if args.json:
        rows = {name: [vars(row) for row in found] for name, found in results.items()}
        pathlib.Path(args.json).write_text(json.dumps({**about, "scenarios": rows}, indent=1) + "\n")
    sys.exit(any(row.is_met is False for found in results.values() for row in found))


if __name__ == "__main__":
    main()
