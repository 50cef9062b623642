#!/usr/bin/env python3
"""Embeds texts with ONNX Runtime's dynamic int8 quantisation, a pass whenever it is asked to.

    python peer_onnxruntime.py --folder all-minilm-l6-v2 --texts texts.json [--threads 2] [--work DIR]

The folder is exported with torch, as it is, and quantised with `quantize_dynamic` and its defaults. Texts are tokenised
beforehand, sorted by length and padded to the longest of their batch; batches of several sizes are tried and the best is
used, so the peer is not held back by the way it is used. Pooling and scaling to length 1 are part of the time.

It first prints a JSON object with the number of tokens and the best batch. Then for each line on standard input it makes
a pass and prints the seconds that it took.

Needs onnx, onnxruntime, onnxscript, torch and transformers.
"""
import argparse
import json
import pathlib
import statistics
import sys
import time

import numpy
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AutoModel, AutoTokenizer

BATCHES = (1, 4, 8, 16, 32, 64)
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class Rows(torch.nn.Module):
    """The last layer's output, of inputs by place, as the exporter wants them."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, *inputs):
        return self.model(**dict(zip(INPUTS, inputs))).last_hidden_state


def export(folder, work):
    """The quantised file, made unless it is there."""
    whole, quantized = work / "model.onnx", work / "model.int8.onnx"
    if not quantized.exists():
        model = Rows(AutoModel.from_pretrained(folder, attn_implementation="eager").eval())
        example = tuple(torch.ones(2, 8, dtype=torch.int64) for _ in INPUTS)
        axes = {name: {0: "batch", 1: "length"} for name in (*INPUTS, "rows")}
        with torch.no_grad():
            torch.onnx.export(
                model, example, str(whole), input_names=list(INPUTS), output_names=["rows"], dynamic_axes=axes,
                dynamo=False)
        quantize_dynamic(whole, quantized, weight_type=QuantType.QInt8)
    return quantized


def embed(session, texts, batch):
    """The embeddings of tokenised texts in their order."""
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    result = [None] * len(texts)
    for start in range(0, len(order), batch):
        chosen = order[start:start + batch]
        length = max(len(texts[index]) for index in chosen)
        tokens = numpy.zeros((len(chosen), length), numpy.int64)
        mask = numpy.zeros_like(tokens)
        for row, index in enumerate(chosen):
            tokens[row, :len(texts[index])] = texts[index]
            mask[row, :len(texts[index])] = 1
        rows = session.run(["rows"], dict(zip(INPUTS, (tokens, mask, numpy.zeros_like(tokens)))))[0]
        weights = mask[:, :, None].astype(numpy.float32)
        pooled = (rows * weights).sum(1) / weights.sum(1)
        for row, index in enumerate(chosen):
            result[index] = pooled[row] / numpy.linalg.norm(pooled[row])
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--texts", required=True, help="a JSON list of texts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("."), help="where the exported files go")
    args = parser.parse_args()

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    session = onnxruntime.InferenceSession(
        str(export(args.folder, args.work)), options, providers=["CPUExecutionProvider"])
    tokenizer = AutoTokenizer.from_pretrained(args.folder)
    texts = [tokenizer(text, truncation=True)["input_ids"] for text in json.loads(pathlib.Path(args.texts).read_text())]

    def seconds(batch):
        start = time.perf_counter()
        embed(session, texts, batch)
        return time.perf_counter() - start

    for batch in BATCHES:
        seconds(batch)
    best = min(BATCHES, key=lambda batch: statistics.median(seconds(batch) for _ in range(3)))
    print(json.dumps({"tokens": sum(map(len, texts)), "batch": best}), flush=True)
    for _ in sys.stdin:
        print(seconds(best), flush=True)


if __name__ == "__main__":
    main()
