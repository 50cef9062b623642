#!/usr/bin/env python3
"""Measures llama.cpp on one GGUF file and prints one JSON object.

    python peer_llama_cpp.py --gguf F --measure prefill [--threads 2] [--repetitions 3]

Needs llama-cpp-python, which `peers.py` installs. Calls llama_decode directly: neither Python's sampling nor a
tokeniser is timed. Like llama.cpp's own benchmarks it feeds random tokens, after a warm-up, in micro-batches of 512.
"""
import json
import math
import pathlib
import random
import re
import statistics
import sys
import time

import llama_cpp
import numpy

import measurement

MICRO_BATCH = 512
LOG_ERROR = 4


class Session:
    """A model and one context of it. Sequences have separate caches, as in llama-batched-bench."""

    def __init__(self, args, length, sequences=1):
        start = time.perf_counter()
        self.model = llama_cpp.llama_model_load_from_file(args.gguf.encode(), llama_cpp.llama_model_default_params())
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = length * sequences
        params.n_seq_max = sequences
        params.n_batch = params.n_ubatch = MICRO_BATCH
        params.n_threads = params.n_threads_batch = args.threads
        params.kv_unified = False
        self.context = llama_cpp.llama_init_from_model(self.model, params)
        if not self.context:
            raise SystemExit(f"llama.cpp cannot make a context of {sequences} x {length} tokens")
        self.start_seconds = time.perf_counter() - start
        self.memory = llama_cpp.llama_get_memory(self.context)
        self.vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))
        self.batch = llama_cpp.llama_batch_init(MICRO_BATCH, 0, 1)

    def close(self):
        llama_cpp.llama_batch_free(self.batch)
        llama_cpp.llama_free(self.context)
        llama_cpp.llama_model_free(self.model)

    def decode(self, rows):
        """Runs rows of (token, position, sequence, wants logits) as one batch; returns the seconds it took."""
        batch = self.batch
        batch.n_tokens = len(rows)
        for index, (token, position, sequence, logits) in enumerate(rows):
            batch.token[index], batch.pos[index], batch.logits[index] = token, position, logits
            batch.n_seq_id[index], batch.seq_id[index][0] = 1, sequence
        start = time.perf_counter()
        status = llama_cpp.llama_decode(self.context, batch)
        llama_cpp.llama_synchronize(self.context)
        if status != 0:
            raise SystemExit(f"llama_decode answered {status}")
        return time.perf_counter() - start

    def prefill(self, tokens):
        """Clears the cache and reads a prompt into sequence 0; logits of the last token only."""
        llama_cpp.llama_memory_clear(self.memory, True)
        seconds = 0
        for first in range(0, len(tokens), MICRO_BATCH):
            chunk = tokens[first : first + MICRO_BATCH]
            seconds += self.decode(
                [(t, first + i, 0, first + i == len(tokens) - 1) for i, t in enumerate(chunk)])
        return seconds

    def random_tokens(self, count):
        return [random.randrange(self.vocabulary) for _ in range(count)]

    def fill(self, context, sequences=1):
        """Gives every sequence the same `context` tokens."""
        self.prefill(self.random_tokens(context))
        for sequence in range(1, sequences):
            llama_cpp.llama_memory_seq_cp(self.memory, 0, sequence, -1, -1)

    def steps(self, context, steps, sequences=1):
        """Tokens per second of decode steps for all sequences together, behind `context` tokens; forgets them again."""
        seconds = 0
        for step in range(steps):
            tokens = self.random_tokens(sequences)
            seconds += self.decode([(t, context + step, s, True) for s, t in enumerate(tokens)])
        for sequence in range(sequences):
            if not llama_cpp.llama_memory_seq_rm(self.memory, sequence, context, -1):
                raise SystemExit("llama.cpp cannot shorten a sequence")
        return steps * sequences / seconds


def speed(args, context, steps, sequences=1):
    session = Session(args, context + steps, sequences)
    session.fill(context, sequences)
    session.steps(context, 2, sequences)
    runs = [session.steps(context, steps, sequences) for _ in range(args.repetitions)]
    session.close()
    return statistics.median(runs)


def prefill(args):
    session = Session(args, 512)
    session.prefill(session.random_tokens(512))
    runs = [512 / session.prefill(session.random_tokens(512)) for _ in range(args.repetitions)]
    session.close()
    return statistics.median(runs)


def perplexity(args):
    """Windows of 512 tokens, the second half of each scored: the windows and token ids of `needletail perplexity`."""
    session = Session(args, 512)
    tokens = json.loads(pathlib.Path(args.tokens).read_text())
    vocabulary = llama_cpp.llama_model_get_vocab(session.model)
    start = [llama_cpp.llama_vocab_bos(vocabulary)] if llama_cpp.llama_vocab_get_add_bos(vocabulary) else []
    tokens = start + tokens
    total, scored = 0.0, 0
    for first in range(0, len(tokens) - 511, 512):
        window = tokens[first : first + 512]
        window[: len(start)] = start
        llama_cpp.llama_memory_clear(session.memory, True)
        session.decode([(t, i, 0, True) for i, t in enumerate(window)])
        for position in range(257, 512):
            pointer = llama_cpp.llama_get_logits_ith(session.context, position - 1)
            logits = numpy.ctypeslib.as_array(pointer, (session.vocabulary,)).astype(numpy.float64)
            top = logits.max()
            total += top + math.log(numpy.exp(logits - top).sum()) - logits[window[position]]
            scored += 1
    session.close()
    return math.exp(total / scored)


def resident(args):
    """Megabytes that a context of 4,096 tokens, a prompt of 512 and 16 steps add to Python's own."""
    before = measurement.resident_megabytes()
    session = Session(args, 4096)
    session.fill(512)
    session.steps(512, 16)
    return measurement.resident_megabytes() - before


def start(args):
    session = Session(args, 4096)
    session.close()
    return session.start_seconds


MEASUREMENTS = {
    "prefill": prefill,
    "decode": lambda args: speed(args, 16, 64),
    "decode_32": lambda args: speed(args, 192, 32, sequences=32),
    "decode_at_500": lambda args: speed(args, 500, 64),
    "decode_at_8000": lambda args: speed(args, 8000, 32),
    "perplexity": perplexity,
    "resident": resident,
    "start": start,
}


def main():
    parser = measurement.parser(__doc__, MEASUREMENTS)
    parser.add_argument("--tokens", help="a file with a JSON list of token ids, for perplexity")
    args = parser.parse_args()
    errors = llama_cpp.llama_log_callback(  # kept: llama.cpp calls it until the end
        lambda level, text, data: print(text.decode(), end="", file=sys.stderr) if level == LOG_ERROR else None)
    llama_cpp.llama_log_set(errors, None)
    llama_cpp.llama_backend_init()
    random.seed(1)
    system = llama_cpp.llama_print_system_info().decode()
    kernels = " ".join(re.findall(r"(\w+) = 1", system))
    value = MEASUREMENTS[args.measure](args)
    print(json.dumps({"version": f"llama-cpp-python {llama_cpp.__version__}", "kernels": kernels, "value": value}))


if __name__ == "__main__":
    main()
