#!/usr/bin/env python3
"""Runs Needletail and llama.cpp in turn on the same file and prints both, with the ratios.

    Benchmarks/peers.py --gguf F [--threads 2] [--rounds 3]

The peer is llama-cpp-python, built from source for this processor, in a virtual environment that the first run makes
(some minutes). Nothing else should run meanwhile. Each round measures one after the other, so that a machine whose
speed drifts does so for both; the medians over the rounds are compared.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv-peers"
PYTHON = VENV / "bin/python"
PREFILL, DECODE = "prefill_tokens_per_second", "decode_tokens_per_second"


def install():
    if PYTHON.exists():
        return
    print("installing llama-cpp-python, built for this processor", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run(
        [PYTHON, "-m", "pip", "install", "--quiet", "--no-binary", "llama-cpp-python", "llama-cpp-python"],
        check=True, env={**os.environ, "CMAKE_ARGS": "-DGGML_NATIVE=ON"})


def run(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gguf", required=True)
    parser.add_argument("--threads", default="2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--binary", default=str(ROOT / ".build/release/needletail"))
    args = parser.parse_args()
    install()
    ours = [args.binary, "bench", "--model", args.gguf, "--threads", args.threads, "--json"]
    theirs = [str(PYTHON), str(ROOT / "Benchmarks/peer_llama_cpp.py"), "--gguf", args.gguf, "--threads", args.threads]
    results = {"needletail": [], "llama.cpp": []}
    for _ in range(args.rounds):
        results["llama.cpp"].append(run(theirs))
        results["needletail"].append(run(ours))
    print(f"| tokens/s, {args.threads} threads | Needletail | llama.cpp | ratio |")
    print("|---|---|---|---|")
    for key, name in ((PREFILL, "prefill 512"), (DECODE, "decode 64")):
        here, there = (statistics.median(r[key] for r in results[n]) for n in ("needletail", "llama.cpp"))
        print(f"| {name} | {here:.0f} | {there:.0f} | {here / there:.2f} |")


if __name__ == "__main__":
    main()
