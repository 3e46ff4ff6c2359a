#!/usr/bin/env python3
"""A plain transformers training loop, timed: what `versatune bench` is measured against.

It is written as a careful user writes one: fused AdamW, scaled-dot-product attention, no
key-value cache, gradients freed instead of zeroed, no loss read back between steps, f32 on a CPU
and bf16 on a GPU. Prints one JSON object on its last line:

    tokens_per_s         positions per second, padding included
    useful_tokens_per_s  positions per second that are no padding
    peak_memory_bytes    CPU: peak resident memory of the process; CUDA: peak allocated memory
    start_memory_bytes   the same before the model is loaded (libraries, not training)
    first_loss, last_loss  nats per token, of the first warm-up step and of the last step
"""

import argparse
import itertools
import json
import time
from pathlib import Path

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoConfig, AutoModelForCausalLM

IGNORED = -100  # label of a token that the loss does not count


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    model = parser.add_mutually_exclusive_group(required=True)
    model.add_argument("--model", type=Path, help="folder in HF layout, with weights")
    model.add_argument("--config", type=Path, help="config.json: random weights")
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument("--fixed", help="random tokens: ROWSxTOKENS a step, as 4x512")
    data.add_argument("--rows", type=Path, help='JSON lines {"input_ids": [], "labels": []}')
    parser.add_argument("--batch", type=int, default=16, help="rows a step, with --rows")
    parser.add_argument("--device", default="cpu", help="cpu or cuda:0")
    parser.add_argument("--threads", type=int, help="of the CPU; default: as many as cores")
    parser.add_argument("--recompute", action="store_true", help="gradient checkpointing")
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--clip", type=float, default=1.0, help="largest gradient norm")
    parser.add_argument("--warmup", type=int, default=3, help="steps before the clock starts")
    parser.add_argument("--steps", type=int, default=10)
    return parser.parse_args()


def load_model(args, device):
    kind = {"dtype": torch.float32 if device.type == "cpu" else torch.bfloat16}
    kind["attn_implementation"] = "sdpa"
    with device:  # random weights of a large model are drawn where they will live
        if args.model:
            model = AutoModelForCausalLM.from_pretrained(args.model, **kind).to(device)
        else:
            config = AutoConfig.for_model(**json.loads(args.config.read_text()))
            model = AutoModelForCausalLM.from_config(config, **kind)
    model.config.use_cache = False
    if args.recompute:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    return model.train()


def fixed_batches(shape, vocabulary):
    rows, tokens = map(int, shape.split("x"))
    generator = torch.Generator().manual_seed(0)
    while True:
        ids = torch.randint(vocabulary, (rows, tokens), generator=generator)
        yield {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": ids}


def padded_batches(path, size):
    """The usual collator of fine-tuning: rows in order, padded to the longest of their batch."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    stream = itertools.cycle(rows)
    while True:
        batch = list(itertools.islice(stream, size))
        ids = [torch.tensor(row["input_ids"]) for row in batch]
        labels = [torch.tensor(row.get("labels", row["input_ids"])) for row in batch]
        yield {
            "input_ids": pad_sequence(ids, batch_first=True),
            "attention_mask": pad_sequence([torch.ones_like(i) for i in ids], batch_first=True),
            "labels": pad_sequence(labels, batch_first=True, padding_value=IGNORED),
        }


def train(model, batches, args, device):
    """Loss of the first and of the last step, counts of tokens, and seconds of the timed steps."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=0.0, fused=True)
    tokens = useful_tokens = 0
    first_loss = started = None
    for step, batch in enumerate(itertools.islice(batches, args.warmup + args.steps)):
        if step == args.warmup:
            synchronize(device)
            started = time.perf_counter()
        if step >= args.warmup:
            tokens += batch["input_ids"].numel()
            useful_tokens += int(batch["attention_mask"].sum())
        batch = {name: tensor.to(device) for name, tensor in batch.items()}
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), args.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        loss = loss.detach()
        first_loss = loss if first_loss is None else first_loss
    synchronize(device)
    seconds = time.perf_counter() - started
    return first_loss.item(), loss.item(), tokens, useful_tokens, seconds


def synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak_memory_bytes(device):
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    # Not ru_maxrss: a process inherits that one from the process that started it.
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("/proc/self/status names no VmHWM: this needs Linux")


def main():
    args = arguments()
    if args.threads:
        torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    torch.manual_seed(0)
    start_memory_bytes = peak_memory_bytes(device)
    model = load_model(args, device)
    if args.fixed:
        batches = fixed_batches(args.fixed, model.config.vocab_size)
    else:
        batches = padded_batches(args.rows, args.batch)
    first, last, tokens, useful_tokens, seconds = train(model, batches, args, device)
    result = {
        "tokens_per_s": tokens / seconds,
        "useful_tokens_per_s": useful_tokens / seconds,
        "peak_memory_bytes": peak_memory_bytes(device),
        "start_memory_bytes": start_memory_bytes,
        "first_loss": first,
        "last_loss": last,
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds": seconds,
        "torch": torch.__version__,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
