#!/usr/bin/env python3
"""Writes the model with its weights dequantised: the same numbers as F32, or rounded to F16 or BF16.

    make_unquantised.py SOURCE.gguf OUT.gguf --type F32|F16|BF16
"""
import argparse
import numpy as np
from gguf import GGUFReader, GGUFValueType, GGUFWriter, GGMLQuantizationType as T, LlamaFileType
from gguf.quants import dequantize, quantize

parser = argparse.ArgumentParser()
parser.add_argument("source"), parser.add_argument("out"), parser.add_argument("--type", default="F32")
args = parser.parse_args()
kind = T[args.type]
reader = GGUFReader(args.source)
writer = GGUFWriter(args.out, reader.fields["general.architecture"].contents())
for field in reader.fields.values():
    if field.name.startswith("GGUF.") or field.name == "general.architecture":
        continue
    value = field.contents()
    if field.name == "general.file_type":
        value = {"F32": 0, "F16": 1, "BF16": 32}[args.type]
    writer.add_key_value(field.name, value, field.types[0], sub_type=field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None)
for tensor in reader.tensors:
    data = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
    if data.ndim > 1 and kind != T.F32:
        writer.add_tensor(tensor.name, quantize(data, kind), raw_dtype=kind)
    else:
        writer.add_tensor(tensor.name, data)
writer.write_header_to_file(), writer.write_kv_data_to_file(), writer.write_tensors_to_file(), writer.close()
