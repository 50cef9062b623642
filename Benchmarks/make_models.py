#!/usr/bin/env python3
"""Makes the files that the measurements need, with llama.cpp's own quantiser.

    make_models.py SOURCE-F16.gguf FOLDER --types Q4_0 Q8_0 Q4_K_M ...   copies of one model in other formats
    make_models.py SOURCE-F16.gguf FOLDER --random --types Q4_0 Q4_K_S   a llama model of 1.1 billion random weights

The random model has the shape of TinyLlama and the first 32,000 tokens of SOURCE's vocabulary; its texts make no sense
and its speed is that of any such model. Needs llama-cpp-python, gguf and numpy: `.venv-peers` of `peers.py` has them.
Widths that are no multiple of 256, like SmolLM2's 576, make llama.cpp take other types than asked for some tensors.
"""
import argparse
import ctypes
import pathlib
import sys
import tempfile

import gguf
import llama_cpp
import numpy

# llama.cpp has no file type for a dense model in MXFP4: there the type is asked for tensor by tensor.
BY_TENSOR = {"MXFP4": int(gguf.GGMLQuantizationType.MXFP4)}
WIDTH, LAYERS, HEADS, KV_HEADS, FEED_FORWARD, VOCABULARY = 2048, 22, 32, 4, 5632, 32000


def quantise(source, target, name, threads):
    params = llama_cpp.llama_model_quantize_default_params()
    params.nthread = threads
    if name in BY_TENSOR:
        override = llama_cpp.llama_model_tensor_override
        overrides = (override * 2)(override(rb"blk\..*(attn|ffn)_(q|k|v|output|gate|up|down)\.weight", BY_TENSOR[name]),
                                   override(None, 0))
        params.tt_overrides = overrides
        params.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0
    else:
        params.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{name}")
    if llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(params)) != 0:
        raise SystemExit(f"llama.cpp cannot write {target}")
    counts = {}
    for tensor in gguf.GGUFReader(target).tensors:
        counts[tensor.tensor_type.name] = counts.get(tensor.tensor_type.name, 0) + 1
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB, {counts}", flush=True)


def random_shapes():
    """Tensor names and shapes, in the order of the file; vectors are norms."""
    head = WIDTH // HEADS
    yield "token_embd.weight", (VOCABULARY, WIDTH)
    for layer in range(LAYERS):
        for name, shape in {
            "attn_norm": (WIDTH,), "attn_q": (WIDTH, WIDTH), "attn_k": (KV_HEADS * head, WIDTH),
            "attn_v": (KV_HEADS * head, WIDTH), "attn_output": (WIDTH, WIDTH), "ffn_norm": (WIDTH,),
            "ffn_gate": (FEED_FORWARD, WIDTH), "ffn_up": (FEED_FORWARD, WIDTH), "ffn_down": (WIDTH, FEED_FORWARD),
        }.items():
            yield f"blk.{layer}.{name}.weight", shape
    yield "output_norm.weight", (WIDTH,)
    yield "output.weight", (VOCABULARY, WIDTH)


def write_random(source, target):
    """Writes the random model in F16, one tensor in memory at a time."""
    writer = gguf.GGUFWriter(target, "llama")
    writer.add_name("Random 1.1B")
    writer.add_context_length(8192)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(VOCABULARY)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    copy_vocabulary(gguf.GGUFReader(source), writer)
    for name, shape in random_shapes():
        kind = numpy.dtype(numpy.float16 if len(shape) == 2 else numpy.float32)
        writer.add_tensor_info(name, shape, kind, int(numpy.prod(shape)) * kind.itemsize)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    generator = numpy.random.default_rng(1)
    for name, shape in random_shapes():
        if len(shape) == 1:
            writer.write_tensor_data(numpy.ones(shape, numpy.float32))
        else:
            weights = generator.standard_normal(shape, numpy.float32) * (0.5 / shape[1] ** 0.5)
            writer.write_tensor_data(weights.astype(numpy.float16))
    writer.close()


def copy_vocabulary(reader, writer):
    """The first tokens and those merges that need no others."""
    fields = {name: field for name, field in reader.fields.items() if name.startswith("tokenizer.")}
    tokens = fields.pop("tokenizer.ggml.tokens").contents()[:VOCABULARY]
    kinds = fields.pop("tokenizer.ggml.token_type").contents()[:VOCABULARY]
    known = set(tokens)
    merges = [m for m in fields.pop("tokenizer.ggml.merges").contents() if m.replace(" ", "", 1) in known]
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    for name, field in fields.items():
        if len(field.types) != 1:
            raise SystemExit(f"{name}: an array that depends on the vocabulary is not understood")
        writer.add_key_value(name, field.contents(), field.types[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--types", nargs="+", default=["Q4_0", "Q8_0", "Q4_K_M"])
    parser.add_argument("--random", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    quiet = llama_cpp.llama_log_callback(  # kept: llama.cpp calls it until the end
        lambda level, text, data: print(text.decode(), end="", file=sys.stderr) if level == 4 else None)
    llama_cpp.llama_log_set(quiet, None)
    args.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        source, stem = args.source, args.source.stem.rsplit(".", 1)[0]
        if args.random:
            source, stem = pathlib.Path(folder) / "random.gguf", "random-1.1B"
            write_random(args.source, source)
        for name in args.types:
            quantise(source, args.folder / f"{stem}.{name}.gguf", name, args.threads)


if __name__ == "__main__":
    main()
