#!/usr/bin/env python3
"""Holds a served model of any family against transformers in float32, on the texts in texts/ and some prompts.

    python check_any.py --url http://127.0.0.1:8080 --model NAME --gguf FILE       # or --folder FOLDER

transformers dequantises the file. Token ids come from the server (the tokenisers' own tests hold them against the
reference), so this compares what is computed of them: log-probabilities, the most probable tokens, and greedy
continuations as long as the reference's best two log-probabilities are further apart than MARGIN.
"""
import argparse
import functools
import os
import pathlib
import sys

import httpx
import torch
from transformers import AutoModelForCausalLM

MARGIN, DIFFERENCE_GATE, AGREEMENT_GATE = 0.4, 0.06, 96.5
TEXTS = pathlib.Path(__file__).parent / "texts"
PROMPTS = [
    "The capital of France is", "One, two, three, four, five, six, seven,", "Q: What is the chemical formula of water?\nA:",
    "Once upon a time there was a little girl who lived", "def fibonacci(n):\n", "Понедельник, вторник, среда,",
]


def load(args):
    if args.folder:
        return AutoModelForCausalLM.from_pretrained(args.folder, dtype=torch.float32)
    path = pathlib.Path(args.gguf)
    return AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--gguf")
    parser.add_argument("--folder")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    torch.set_num_threads(args.threads)
    torch.set_grad_enabled(False)
    reference = load(args).eval()
    client = httpx.Client(base_url=args.url, timeout=600)

    def post(path, **body):
        response = client.post(path, json={"model": args.model, **body})
        if response.status_code != 200:
            sys.exit(f"{path}: {response.text}")
        return response.json()

    def ids_of(text):
        return post("/tokenize", content=text, add_special=True, parse_special=False)["tokens"]

    @functools.cache
    def text_of(*ids):
        return post("/detokenize", tokens=ids)["content"]

    def is_named(token, name):
        """Whether a token of a reply is this one; pieces of characters are named by their bytes."""
        text = text_of(token)
        return name.startswith("bytes:") if "\ufffd" in text else name.strip() == text.strip()

    differences, same, clear = [], [], []
    for path in sorted(TEXTS.iterdir()):
        ids = ids_of(path.read_text())
        expected = reference(torch.tensor([ids])).logits[0].log_softmax(-1)
        choice = post("/v1/completions", prompt=ids, max_tokens=0, echo=True, logprobs=1)
        found = choice["choices"][0]["logprobs"]
        here = [abs(found["token_logprobs"][i] - expected[i - 1, ids[i]].item()) for i in range(1, len(ids))]
        tops = [is_named(int(expected[i].argmax()), max(top, key=top.get))
                for i, top in enumerate(found["top_logprobs"][1:])]
        best = expected[:-1].topk(2).values
        certain = [t for t, (a, b) in zip(tops, best.tolist()) if a - b > MARGIN]
        print(f"{path.name:16} {len(ids):5} tokens  mean |difference| {sum(here) / len(here):.4f}  largest {max(here):.2f}  "
              f"top-1 {100 * sum(tops) / len(tops):.2f} %  of the certain {sum(certain)}/{len(certain)}")
        differences += here
        same += tops
        clear += certain
    mean, agreement = sum(differences) / len(differences), 100 * sum(same) / len(same)
    print(f"all texts: mean {mean:.4f} (gate {DIFFERENCE_GATE}), top-1 {agreement:.2f} % (gate {AGREEMENT_GATE}) of {len(same)}")
    failed = mean > DIFFERENCE_GATE or agreement < AGREEMENT_GATE

    for prompt in PROMPTS:
        ids, past = ids_of(prompt), None
        start = len(ids)
        for step in range(48):
            output = reference(torch.tensor([ids[-1:] if step else ids]), past_key_values=past, use_cache=True)
            past, best = output.past_key_values, output.logits[0, -1].log_softmax(-1).topk(2)
            if best.values[0] - best.values[1] <= MARGIN:
                break
            ids.append(int(best.indices[0]))
        expected = ids[start:]
        if not expected:
            continue
        reply = post("/v1/completions", prompt=ids[:start], max_tokens=len(expected), temperature=0, ignore_eos=True)
        is_equal = reply["choices"][0]["text"] == text_of(*ids)[len(text_of(*ids[:start])):]
        print(f"greedy {len(expected):3} tokens {'equal' if is_equal else 'DIFFER'}  {prompt[:40]!r}")
        failed |= not is_equal
    sys.exit(failed)


if __name__ == "__main__":
    main()
