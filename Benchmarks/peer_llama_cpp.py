#!/usr/bin/env python3
"""llama.cpp's figures for the same file on this machine: prompt of 512 tokens and 64 decode steps, 2 threads.

    python peer_llama_cpp.py --gguf F [--threads 2] [--repetitions 5]

Needs llama-cpp-python; `peers.py` installs it and runs this in turn with `needletail bench`. Calls llama_decode directly, so no Python
sampling is timed; like llama-bench, random tokens and a warm-up run. Reports the median."""
import argparse, ctypes, json, random, statistics, time

parser = argparse.ArgumentParser()
parser.add_argument("--gguf", required=True)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--prompt-tokens", type=int, default=512)
parser.add_argument("--generate-tokens", type=int, default=64)
parser.add_argument("--repetitions", type=int, default=5)
args = parser.parse_args()

import llama_cpp as L

quiet = L.llama_log_callback(lambda level, text, data: None)  # kept: llama.cpp calls it until the end
L.llama_log_set(quiet, None)
L.llama_backend_init()
model = L.llama_model_load_from_file(args.gguf.encode(), L.llama_model_default_params())
params = L.llama_context_default_params()
params.n_ctx = args.prompt_tokens + args.generate_tokens
params.n_batch = params.n_ubatch = args.prompt_tokens
params.n_threads = params.n_threads_batch = args.threads
context = L.llama_init_from_model(model, params)
vocabulary = L.llama_vocab_n_tokens(L.llama_model_get_vocab(model))
random.seed(1)


def clear():
    L.llama_memory_clear(L.llama_get_memory(context), True)


def decode(tokens):
    array = (L.llama_token * len(tokens))(*tokens)
    assert L.llama_decode(context, L.llama_batch_get_one(array, len(tokens))) == 0
    L.llama_synchronize(context)


def prefill():
    clear()
    tokens = [random.randrange(vocabulary) for _ in range(args.prompt_tokens)]
    start = time.perf_counter()
    decode(tokens)
    return args.prompt_tokens / (time.perf_counter() - start)


def generate():
    clear()
    decode([0])
    start = time.perf_counter()
    for _ in range(args.generate_tokens):
        decode([random.randrange(vocabulary)])
    return args.generate_tokens / (time.perf_counter() - start)


prefill(), generate()
results = {"prefill_tokens_per_second": [prefill() for _ in range(args.repetitions)],
           "decode_tokens_per_second": [generate() for _ in range(args.repetitions)]}
info = L.llama_print_system_info().decode()
print(json.dumps({"peer": f"llama.cpp (llama-cpp-python {L.__version__})", "threads": args.threads, "system": info,
                  **{k: round(statistics.median(v), 1) for k, v in results.items()},
                  **{k + "_all": [round(x, 1) for x in v] for k, v in results.items()}}, indent=1))
