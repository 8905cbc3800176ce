"""Writes a Llama model of any size with random weights, for measurements only: its answers mean nothing.

    pip install gguf
    python loadtests/random_gguf.py SOURCE.gguf OUT.gguf --type Q4_0 --layers 16 --hidden 2048 --heads 32 --kv-heads 8 --ffn 8192

Tokenizer, template and vocabulary are those of SOURCE. Llama-3.2-1B is as in the example, Qwen2.5-0.5B has
--layers 24 --hidden 896 --heads 14 --kv-heads 2 --ffn 4864. Embedding and head are one Q8_0 matrix.
"""
import argparse

import gguf
import numpy as np
from gguf import quants


def copy_fields(reader, writer, own):
    """Every field of the source but those that say how large the model is."""
    for key, field in reader.fields.items():
        if key.startswith("GGUF.") or key in own or key == "general.architecture":
            continue
        kind = field.types[0]
        if kind == gguf.GGUFValueType.ARRAY:
            writer.add_key_value(key, field.contents(), kind, sub_type=field.types[1])
        else:
            writer.add_key_value(key, field.contents(), kind)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("out")
    parser.add_argument("--type", choices=["Q4_0", "Q4_1", "Q8_0"], default="Q4_0")
    for name in ("layers", "hidden", "heads", "kv-heads", "ffn"):
        parser.add_argument("--" + name, type=int, required=True)
    o = parser.parse_args()
    head = o.hidden // o.heads
    sizes = {
        "llama.block_count": o.layers, "llama.embedding_length": o.hidden, "llama.feed_forward_length": o.ffn,
        "llama.attention.head_count": o.heads, "llama.attention.head_count_kv": o.kv_heads,
        "llama.rope.dimension_count": head, "llama.attention.key_length": head, "llama.attention.value_length": head,
    }
    reader = gguf.GGUFReader(o.source)
    writer = gguf.GGUFWriter(o.out, "llama")
    copy_fields(reader, writer, sizes)
    for key, value in sizes.items():
        writer.add_uint32(key, value)
    vocab = len(reader.fields["tokenizer.ggml.tokens"].data)
    random = np.random.default_rng(0)

    def matrix(name, rows, columns, kind):
        weights = random.standard_normal((rows, columns), dtype=np.float32) * (0.7 / np.sqrt(columns))
        writer.add_tensor(name, quants.quantize(weights.astype(np.float32), kind), raw_dtype=kind)

    def norm(name):
        writer.add_tensor(name, np.ones(o.hidden, dtype=np.float32))

    kind = gguf.GGMLQuantizationType[o.type]
    matrix("token_embd.weight", vocab, o.hidden, gguf.GGMLQuantizationType.Q8_0)
    norm("output_norm.weight")
    for layer in range(o.layers):
        block = f"blk.{layer}."
        norm(block + "attn_norm.weight")
        norm(block + "ffn_norm.weight")
        matrix(block + "attn_q.weight", o.heads * head, o.hidden, kind)
        matrix(block + "attn_k.weight", o.kv_heads * head, o.hidden, kind)
        matrix(block + "attn_v.weight", o.kv_heads * head, o.hidden, kind)
        matrix(block + "attn_output.weight", o.hidden, o.heads * head, kind)
        matrix(block + "ffn_gate.weight", o.ffn, o.hidden, kind)
        matrix(block + "ffn_up.weight", o.ffn, o.hidden, kind)
        matrix(block + "ffn_down.weight", o.hidden, o.ffn, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
