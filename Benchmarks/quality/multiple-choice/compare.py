#!/usr/bin/env python3
"""Lets lm-eval score multiple-choice questions over HTTP and by transformers in float32, and compares.

    compare.py --gguf MODEL.gguf --binary .build/release/needletail

Both have the weights of one file, and a tokeniser made from it. The server is asked as `local-completions` asks any
server: echoed prompts with log-probabilities, `max_tokens` 1. Needs lm-eval, transformers, torch and gguf; downloads
nothing.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")


def write_tokenizer(gguf, folder):
    """The file's vocabulary and merges, with the pre-tokeniser that SmolLM2 was published with."""
    from gguf import GGUFReader
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    fields = GGUFReader(gguf).fields
    tokens, merges, types = (
        fields[f"tokenizer.ggml.{name}"].contents() for name in ("tokens", "merges", "token_type")
    )
    vocabulary = {token: index for index, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[tuple(merge.split(" ")) for merge in merges]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [AddedToken(token, special=True, normalized=False) for token, kind in zip(tokens, types) if kind == 3]
    tokenizer.add_special_tokens(special)
    ends = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **ends).save_pretrained(folder)


def evaluate(kind, **arguments):
    """Accuracies and the log-likelihood of every choice."""
    import lm_eval
    from lm_eval.tasks import TaskManager

    results = lm_eval.simple_evaluate(
        model=kind, model_args=arguments, tasks=["needletail_questions"], batch_size=8, bootstrap_iters=0,
        task_manager=TaskManager(include_path=str(HERE), include_defaults=False), log_samples=True,
    )  # fmt: skip
    scores = results["results"]["needletail_questions"]
    samples = sorted(results["samples"]["needletail_questions"], key=lambda sample: sample["doc_id"])
    return {
        "acc": scores["acc,none"], "acc_norm": scores["acc_norm,none"],
        "loglikelihoods": [[float(choice[0]) for choice in sample["filtered_resps"]] for sample in samples],
    }  # fmt: skip


def over_http(binary, gguf, tokenizer):
    command = [binary, "serve", "--model", gguf, "--port", "0", "--request-log", "none"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            url = next(found[1] for line in server.stdout if (found := re.search(r"listening on (http://\S+)", line)))
            import httpx

            name = httpx.get(url + "/v1/models").json()["data"][0]["id"]
            return evaluate(
                "local-completions", model=name, base_url=url + "/v1/completions", tokenizer=str(tokenizer),
                tokenizer_backend="huggingface", tokenized_requests=True, num_concurrent=2, max_length=2048,
            )  # fmt: skip
        finally:
            server.terminate()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gguf", required=True, type=pathlib.Path)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--tolerance", type=float, default=0.01, help="of acc and acc_norm")
    parser.add_argument("--details", type=pathlib.Path, help="where to write every log-likelihood, as JSON")
    arguments = parser.parse_args()
    gguf, binary = arguments.gguf.resolve(), arguments.binary.resolve()
    if arguments.details:
        arguments.details = arguments.details.resolve()
    # The task's file names its questions by a relative path.
    os.chdir(HERE)
    with tempfile.TemporaryDirectory() as tokenizer:
        write_tokenizer(gguf, tokenizer)
        served = over_http(binary, gguf, tokenizer)
        reference = evaluate(
            "hf", pretrained=str(gguf.parent), gguf_file=gguf.name, tokenizer=tokenizer, dtype="float32", device="cpu",
        )  # fmt: skip
    pairs = [
        (one, other)
        for ours, theirs in zip(served["loglikelihoods"], reference["loglikelihoods"], strict=True)
        for one, other in zip(ours, theirs, strict=True)
    ]
    if arguments.details:
        details = {"served": served["loglikelihoods"], "reference": reference["loglikelihoods"]}
        arguments.details.write_text(json.dumps(details))
    report = {
        "questions": len(served["loglikelihoods"]),
        "served": {name: served[name] for name in ("acc", "acc_norm")},
        "reference": {name: reference[name] for name in ("acc", "acc_norm")},
        "largest difference of a log-likelihood": max(abs(one - other) for one, other in pairs),
        "mean difference of a log-likelihood": sum(abs(one - other) for one, other in pairs) / len(pairs),
    }
    json.dump(report, sys.stdout, indent=1)
    print()
    same = all(abs(served[name] - reference[name]) <= arguments.tolerance for name in ("acc", "acc_norm"))
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
