#!/usr/bin/env python3
"""Runs Needletail and its peers in turn on the same GGUF files and prints the ratios as Markdown tables.

    Benchmarks/peers.py FILE.gguf... [--threads 2] [--rounds 3] [--measure prefill decode ...] [--json results.json]

The peers come from the Python package index into the virtual environment `.venv-peers`, which the first run makes:
llama-cpp-python built from source for this processor (some minutes) and openvino-genai, the newest of both. Nothing
else should run meanwhile. Each round measures one engine after the other, so that a machine whose speed drifts does so
for all; what is printed are the medians over the rounds, and ratios that are above 1 where Needletail is ahead. A `-`
stands where an engine has no such measurement or cannot run the file; standard error says why.

`start` and `resident` count all of Needletail's server, but of the peers only what loading adds to a running Python.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parent
VENV = ROOT / ".venv-peers"

# Which script measures an engine, and what it can measure. The first is ours.
SPEEDS = ["prefill", "decode", "decode_32", "decode_at_500", "decode_at_8000"]
ENGINES = {
    "Needletail": ("measure_needletail.py", [*SPEEDS, "perplexity", "resident", "start"]),
    "llama.cpp": ("peer_llama_cpp.py", [*SPEEDS, "perplexity", "resident", "start"]),
    "OpenVINO GenAI": ("peer_openvino.py", [*SPEEDS, "resident", "start"]),
}
# Name, label with unit, decimals, and whether more is better.
MEASUREMENTS = {
    "prefill": ("prefill 512, tokens/s", 0, True),
    "decode": ("decode, tokens/s", 0, True),
    "decode_32": ("decode 32 sequences at 192, tokens/s", 0, True),
    "decode_at_500": ("decode at 500, tokens/s", 0, True),
    "decode_at_8000": ("decode at 8,000, tokens/s", 0, True),
    "perplexity": ("perplexity", 3, False),
    "resident": ("resident, MB", 0, False),
    "start": ("start, s", 2, False),
}


def install(python):
    """Makes the environment of the peers; CMAKE_ARGS may add to how llama.cpp is built."""
    if python.exists():
        return
    print(f"installing the peers into {VENV}; llama.cpp is compiled for this processor", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    flags = f"-DGGML_NATIVE=ON {os.environ.get('CMAKE_ARGS', '')}"
    try:
        # pip would take a wheel that it built earlier, whatever the flags were then: hence no cache.
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--no-binary", "llama-cpp-python", "-r",
             FOLDER / "requirements.txt"],
            check=True, env={**os.environ, "CMAKE_ARGS": flags})
    except BaseException:
        python.unlink()  # so that the next run does not take half an environment for a whole one
        raise


class Run:
    def __init__(self, args):
        self.args = args
        self.failed = set()  # pairs of engine and file that cannot run
        self.versions = {}
        self.kernels = {}

    def measure(self, engine, gguf, name, texts):
        """One figure of one engine in a process of its own, or None."""
        script, offers = ENGINES[engine]
        if name not in offers or (engine, gguf, name) in self.failed:
            return None
        line = [*shlex.split(self.args.prefix), str(self.args.python), str(FOLDER / script), "--gguf", gguf,
                "--threads", str(self.args.threads), "--measure", name]
        line += {"Needletail": ["--binary", self.args.binary]}.get(engine, [])
        if name == "perplexity":
            line += ["--text", self.args.text] if engine == "Needletail" else ["--tokens", texts]
        result = subprocess.run(line, capture_output=True, text=True)
        if result.returncode != 0:
            self.failed.add((engine, gguf, name))
            tail = "\n".join((result.stderr or result.stdout).strip().splitlines()[-3:])
            print(f"{engine}, {pathlib.Path(gguf).name}, {name}: {tail}", file=sys.stderr)
            return None
        answer = json.loads(result.stdout.strip().splitlines()[-1])
        self.versions[engine] = answer["version"]
        self.kernels[engine] = answer["kernels"] or self.kernels.get(engine)
        return answer["value"]

    def file(self, gguf):
        """The figures of one file: for each measurement and engine a list, one for each round."""
        names = self.args.measure
        results = {name: {engine: [] for engine in ENGINES} for name in names}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as tokens:
            if "perplexity" in names:
                tokens.write(token_ids(self.args, gguf))
                tokens.flush()
            for number in range(self.args.rounds):
                for name in names:
                    if name == "perplexity" and number > 0:
                        continue  # the same each time
                    for engine in ENGINES:
                        print(f"round {number + 1}: {pathlib.Path(gguf).name}, {name}, {engine}", file=sys.stderr)
                        value = self.measure(engine, gguf, name, tokens.name)
                        if value is not None:
                            results[name][engine].append(value)
        return results


def token_ids(args, gguf):
    """The text as a JSON list of token ids, by our tokeniser: every engine predicts the same ones."""
    line = [args.binary, "tokenize", "--model", gguf, "--file", args.text, "--json"]
    result = subprocess.run(line, capture_output=True, text=True)
    if result.returncode != 0:
        print(f"{pathlib.Path(gguf).name}: no token ids, so no perplexity: {result.stderr.strip()}", file=sys.stderr)
        return "[]"
    return result.stdout


def table(results):
    """Markdown; a ratio above 1 is in our favour whether more or less is better."""
    ours, *peers = ENGINES
    yield f"| | {ours} | " + " | ".join(peers) + " | " + " | ".join(f"to {peer}" for peer in peers) + " |"
    yield "|---" * (2 + 2 * len(peers)) + "|"
    for name, engines in results.items():
        label, decimals, more_is_better = MEASUREMENTS[name]
        medians = {engine: statistics.median(values) if values else None for engine, values in engines.items()}
        cells = [f"{medians[e]:,.{decimals}f}" if medians[e] is not None else "-" for e in ENGINES]
        for peer in peers:
            if medians[ours] is None or medians[peer] is None:
                cells.append("-")
            else:
                ratio = medians[ours] / medians[peer]
                cells.append(f"{ratio if more_is_better else 1 / ratio:.{3 if name == 'perplexity' else 2}f}")
        yield f"| {label} | " + " | ".join(cells) + " |"


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def commit():
    line = ["git", "-C", ROOT, "describe", "--always", "--dirty"]
    return subprocess.run(line, capture_output=True, text=True).stdout.strip() or "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE.gguf")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", nargs="+", choices=MEASUREMENTS, default=list(MEASUREMENTS))
    parser.add_argument("--text", default="/usr/share/common-licenses/GPL-3", help="what perplexity is measured on")
    parser.add_argument("--binary", default=str(ROOT / ".build/release/needletail"))
    parser.add_argument("--python", type=pathlib.Path, help="a Python that has the peers, instead of .venv-peers")
    parser.add_argument("--prefix", default="", help="a command that runs each measurement, such as 'taskset -c 0,1'")
    parser.add_argument("--json", help="write every figure of every round to this file")
    args = parser.parse_args()
    if args.python is None:
        args.python = VENV / "bin/python"
        install(args.python)
    run = Run(args)
    files = {gguf: run.file(gguf) for gguf in args.files}
    about = {
        "commit": commit(), "processor": processor(), "threads": args.threads, "rounds": args.rounds,
        "date": datetime.date.today().isoformat(), "versions": run.versions, "kernels": run.kernels,
    }
    print(f"{about['processor']}, {args.threads} threads, medians of {args.rounds} rounds, commit {about['commit']}\n")
    for engine, version in run.versions.items():
        kernels = run.kernels[engine]
        print(f"- {engine}: {version}" + (f"; {kernels}" if kernels else ""))
    for gguf, results in files.items():
        print(f"\n{pathlib.Path(gguf).name}\n")
        print("\n".join(table(results)))
    if args.json:
        names = {pathlib.Path(gguf).name: results for gguf, results in files.items()}
        pathlib.Path(args.json).write_text(json.dumps({**about, "files": names}, indent=1) + "\n")


if __name__ == "__main__":
    main()
