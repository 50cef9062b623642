#!/usr/bin/env python3
"""Measures OpenVINO GenAI on one GGUF file and prints one JSON object.

    python peer_openvino.py --gguf F --measure prefill [--threads 2] [--repetitions 3]

Needs openvino-genai, which `peers.py` installs. It takes its own defaults for everything but the threads; times of
single sequences (LLMPipeline) are those of its inference alone, those of batches (ContinuousBatchingPipeline) of whole
steps.
"""
import json
import random
import statistics
import time

import numpy
import openvino
import openvino_genai

import measurement

# Below the vocabulary of every model measured here: a pipeline does not tell the size of its own.
VOCABULARY = 32000


def prompt(count):
    return openvino.Tensor(numpy.array([[random.randrange(VOCABULARY) for _ in range(count)]], numpy.int64))


def generation(count):
    config = openvino_genai.GenerationConfig()
    config.max_new_tokens = config.min_new_tokens = count
    config.ignore_eos = True
    config.do_sample = config.apply_chat_template = False
    return config


def pipeline(args):
    return openvino_genai.LLMPipeline(args.gguf, "CPU", INFERENCE_NUM_THREADS=args.threads)


def step_seconds(pipe, prompt_tokens, generate_tokens):
    """How long the model took for the prompt and for each token after the first."""
    result = pipe.generate(prompt(prompt_tokens), generation(generate_tokens))
    return [micros / 1e6 for micros in result.perf_metrics.raw_metrics.token_infer_durations]


def prefill(args):
    pipe = pipeline(args)
    step_seconds(pipe, 512, 1)
    return statistics.median(512 / step_seconds(pipe, 512, 1)[0] for _ in range(args.repetitions))


def decode(args, context, steps):
    """The first step after a prompt, which compiles for the new shape, is not counted. Long contexts run once."""
    pipe = pipeline(args)
    step_seconds(pipe, 16, 16)
    runs = [step_seconds(pipe, context, steps + 2)[2:] for _ in range(args.repetitions if context < 4000 else 1)]
    return statistics.median(len(run) / sum(run) for run in runs)


def batch_pipeline(args, context, sequences):
    """All prompts fit into one step, so that all sequences then decode together."""
    schedule = openvino_genai.SchedulerConfig()
    schedule.max_num_batched_tokens = context * sequences
    schedule.max_num_seqs = sequences
    schedule.cache_size = 1
    return openvino_genai.ContinuousBatchingPipeline(
        args.gguf, schedule, "CPU", {"INFERENCE_NUM_THREADS": args.threads})


def chats(args, context, completion, sequences):
    """Tokens of prompts and completions a second, from the first prompt to the last token."""
    pipe = batch_pipeline(args, context, sequences)

    def run():
        start = time.perf_counter()
        handles = [pipe.add_request(i, prompt(context), generation(completion)) for i in range(sequences)]
        while pipe.has_non_finished_requests():
            pipe.step()
        seconds = time.perf_counter() - start
        if any(len(handle.read_all()[0].generated_ids) != completion for handle in handles):
            raise SystemExit("some completions are short")
        return sequences * (context + completion) / seconds

    run()
    return statistics.median(run() for _ in range(args.repetitions))


def decode_batch(args, context, steps, sequences):
    """All sequences decode together, each behind its own context."""
    pipe = batch_pipeline(args, context, sequences)

    def run():
        handles = [pipe.add_request(i, prompt(context), generation(steps + 2)) for i in range(sequences)]
        seconds = []
        while pipe.has_non_finished_requests():
            start = time.perf_counter()
            pipe.step()
            seconds.append(time.perf_counter() - start)
        if len(seconds) != steps + 2 or any(len(h.read_all()[0].generated_ids) != steps + 2 for h in handles):
            raise SystemExit("the sequences did not decode together")
        return sequences * steps / sum(seconds[2:])

    run()
    return statistics.median(run() for _ in range(args.repetitions))


def resident(args):
    """Megabytes that the pipeline, a prompt of 512 and 16 steps add to Python's own."""
    before = measurement.resident_megabytes()
    pipe = pipeline(args)
    step_seconds(pipe, 512, 17)
    return measurement.resident_megabytes() - before


def start(args):
    begin = time.perf_counter()
    pipeline(args)
    return time.perf_counter() - begin


MEASUREMENTS = {
    "prefill": prefill,
    "decode": lambda args: decode(args, 16, 64),
    "decode_32": lambda args: decode_batch(args, 192, 32, 32),
    "chats": lambda args: chats(args, 140, 64, 32),
    "decode_at_500": lambda args: decode(args, 500, 64),
    "decode_at_8000": lambda args: decode(args, 8000, 32),
    "resident": resident,
    "start": start,
}


def main():
    parser = measurement.parser(__doc__, MEASUREMENTS)
    args = parser.parse_args()
    random.seed(1)
    value = MEASUREMENTS[args.measure](args)
    capabilities = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    print(json.dumps({"version": f"openvino-genai {openvino_genai.__version__}", "kernels": " ".join(capabilities),
                      "value": value}))


if __name__ == "__main__":
    main()
