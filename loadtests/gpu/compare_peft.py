"""Decoding by Hugging Face transformers and PEFT on this machine's PyTorch, with random weights in the shapes of
RandomPackage: the other side of the lines of kind "decode". One JSON object a line.

    compare_peft.py SHAPE BATCH,BATCH...
"""
import json
import sys
import time
import traceback

SHAPES = {  # vocabulary, hidden, layers, heads, KV heads, intermediate, tied head
    "qwen2.5-0.5b": (151936, 896, 24, 14, 2, 4864, True),
    "smollm2-1.7b": (49152, 2048, 24, 32, 32, 8192, True),
    "llama-3.1-8b": (128256, 4096, 32, 32, 8, 14336, False),
}
CONTEXT, STEPS, RANK = 256, 24, 16


def line(**fields):
    print(json.dumps({"kind": "peer", "peer": "transformers+peft", **fields}), flush=True)


def main(shape, batches):
    try:
        import torch
        import transformers
        from transformers import LlamaConfig, LlamaForCausalLM
    except ImportError as missing:
        line(shape=shape, skipped=str(missing))
        return
    vocab, hidden, layers, heads, kv_heads, intermediate, tied = SHAPES[shape]
    config = LlamaConfig(
        vocab_size=vocab, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
        num_key_value_heads=kv_heads, intermediate_size=intermediate, tie_word_embeddings=tied,
        max_position_embeddings=8192, torch_dtype="float16")
    torch.set_default_dtype(torch.float16)
    with torch.device("cuda"):
        model = LlamaForCausalLM(config).eval()
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}

    def decode(run, batch):
        """Median milliseconds of a step behind a prompt of CONTEXT tokens."""
        with torch.no_grad():
            ids = torch.zeros((batch, CONTEXT), dtype=torch.long, device="cuda")
            out = run(input_ids=ids, use_cache=True, logits_to_keep=1)
            cache, times = out.past_key_values, []
            for _ in range(STEPS):
                torch.cuda.synchronize()
                start = time.perf_counter()
                out = run(input_ids=ids[:, :1], past_key_values=cache, use_cache=True)
                cache = out.past_key_values
                out.logits[:, -1].argmax(-1).cpu()
                times.append(1e3 * (time.perf_counter() - start))
            return sorted(times[4:])[len(times[4:]) // 2]

    base = {}
    for batch in batches:
        base[batch] = decode(model, batch)
        line(shape=shape, bits="fp16", batch=batch, context=CONTEXT, adapters="base", step_ms=base[batch],
             tokens_per_s=1e3 * batch / base[batch], **versions)
    try:
        import peft
    except ImportError as missing:
        line(shape=shape, skipped=str(missing))
        return
    lora = peft.LoraConfig(r=RANK, target_modules="all-linear", task_type="CAUSAL_LM")
    adapted = peft.get_peft_model(model, lora, adapter_name="a0")
    for i in range(1, max(batches)):
        adapted.add_adapter("a%d" % i, lora)
    adapted.half().to("cuda").eval()
    for batch in batches:
        names = ["a%d" % i for i in range(batch)]
        ms = decode(lambda **inputs: adapted(adapter_names=names, **inputs), batch)
        line(shape=shape, bits="fp16", batch=batch, context=CONTEXT, adapters="rank %d each" % RANK, different=batch,
             step_ms=ms, tokens_per_s=1e3 * batch / ms, of_base=base[batch] / ms, peft=peft.__version__, **versions)


try:
    main(sys.argv[1], [int(b) for b in sys.argv[2].split(",")])
except Exception as e:  # of whatever version the host has
    traceback.print_exc()
    line(shape=sys.argv[1], error="%s: %s" % (type(e).__name__, e))
    sys.exit(1)
