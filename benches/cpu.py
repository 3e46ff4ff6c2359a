#!/usr/bin/env python3
"""`make bench`: this program against a plain transformers loop (rival.py) on CPU cores, in f32.

Both train the same model from the same folder on the same rows with the same threads. They take
turns, so that a slow minute of the machine hits both, and each figure is the median of the ratios
of neighbouring runs. Prints a table and writes target/bench.json:

    tokens_ratio            tokens/s, ours / rival, rows of exactly 512 tokens (no padding)
    memory_ratio            peak resident memory, ours / rival
    memory_ratio_recompute  the same with full recompute in ours, none in the rival
    packed_ratio            useful tokens/s on the six-domain rows, ours packed / rival padded
"""

import argparse
import gzip
import json
import os
import random
import statistics
from pathlib import Path

from measure import BENCHES, RIVAL, Failed, gib, run_json, table

# How this program is called; {names} are filled in below.
OURS = (
    "{binary} bench --model {model} --rows {rows} --batch {batch} --sequence 512 --precision F32"
    " --device cpu --threads {threads} --warmup {warmup} --steps {steps} --lr 1e-4 --json"
)
THEIRS = (
    "--model {model} --rows {rows} --batch {batch}"
    " --device cpu --threads {threads} --warmup {warmup} --steps {steps} --lr 1e-4"
)
ROOT = BENCHES.parent
SCRATCH = ROOT / "target" / "bench"
DEMO = ROOT / "configs" / "demo"
FIXED_BATCH, FIXED_TOKENS = 4, 512
PACKED_BATCH = 16
LOSS_TOLERANCE = 1e-3  # relative; if the first losses differ by more, the two do different work


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "versatune")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5, help="pairs of runs")
    parser.add_argument("--warmup", type=int, default=2, help="steps before the clock starts")
    parser.add_argument("--steps", type=int, default=6, help="timed steps of a run of full rows")
    parser.add_argument("--packed-steps", type=int, default=12, help="timed steps on the domains")
    return parser.parse_args()


def make_model():
    """Random weights, 26.8 million, Qwen2's shape, tied embeddings."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    folder = SCRATCH / "model"
    torch.manual_seed(0)
    config = AutoConfig.for_model(**json.loads((BENCHES / "shapes" / "bench-27m.json").read_text()))
    AutoModelForCausalLM.from_config(config, dtype=torch.float32).save_pretrained(folder)
    return folder, config.vocab_size


def write_rows(name, rows):
    path = SCRATCH / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def full_rows(steps, vocabulary):
    draw = random.Random(0)
    rows = steps * FIXED_BATCH
    ids = [[draw.randrange(vocabulary) for _ in range(FIXED_TOKENS)] for _ in range(rows)]
    return write_rows("full.jsonl", ({"input_ids": row, "labels": row} for row in ids))


def domain_examples(steps):
    """The demo's rows in the order of their file (a hash: the domains are mixed), as tokens."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(DEMO / "model")
    rows = []
    with gzip.open(DEMO / "data" / "train.jsonl.gz", "rt", encoding="utf-8") as file:
        for line, _ in zip(file, range(steps * PACKED_BATCH)):
            rows.append(chat_row(tokenizer, json.loads(line)))
    return write_rows("domains.jsonl", rows), padding_factor(rows)


def chat_row(tokenizer, row):
    """Tokens of one exchange; the loss counts the answer and its end."""
    question = [{"role": "user", "content": row["instruction"]}]
    answer = [{"role": "assistant", "content": row["output"]}]
    prompt = tokenizer.apply_chat_template(question, tokenize=False, add_generation_prompt=True)
    whole = tokenizer.apply_chat_template(question + answer, tokenize=False)
    prompt_ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    ids = tokenizer(whole, add_special_tokens=False)["input_ids"]
    return {"input_ids": ids, "labels": [-100] * len(prompt_ids) + ids[len(prompt_ids) :]}


def padding_factor(rows):
    lengths = [len(row["input_ids"]) for row in rows]
    batches = [lengths[i : i + PACKED_BATCH] for i in range(0, len(lengths), PACKED_BATCH)]
    return sum(max(batch) * len(batch) for batch in batches) / sum(lengths)


def alternate(runs, repeats):
    """Results of each run by name. The runs take turns `repeats` times, every other time reversed."""
    results = {name: [] for name in runs}
    for repeat in range(repeats):
        for name in list(runs) if repeat % 2 == 0 else reversed(runs):
            result = run_json(*runs[name])
            results[name].append(result)
            speed, peak = result["useful_tokens_per_s"], gib(result["peak_memory_bytes"])
            print(f"{repeat + 1}/{repeats} {name}: {speed:.0f} tokens/s, {peak}", flush=True)
    return results


def check_same_work(results):
    """The first loss is that of the same weights on the same rows: it must be the same number."""
    expected = results["rival"][0]["first_loss"]
    for name, runs in results.items():
        for run in runs:
            if abs(run["first_loss"] - expected) > LOSS_TOLERANCE * abs(expected):
                raise Failed(
                    f"{name}: first loss {run['first_loss']}, the rival's is {expected}: "
                    "the two do not do the same work, so their speeds cannot be compared"
                )


def ratio(results, ours, field):
    """Median of the ratios of runs that followed each other."""
    pairs = zip(results[ours], results["rival"])
    return statistics.median(a[field] / b[field] for a, b in pairs)


def row(results, name, label):
    middle = {
        field: statistics.median(run[field] for run in results[name])
        for field in ("useful_tokens_per_s", "peak_memory_bytes")
    }
    return [
        label,
        f"{middle['useful_tokens_per_s']:.0f}",
        f"{ratio(results, name, 'useful_tokens_per_s'):.2f}",
        gib(middle["peak_memory_bytes"]),
        f"{ratio(results, name, 'peak_memory_bytes'):.2f}",
    ]


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown"


def main():
    args = arguments()
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"warning: the machine is busy (load {load:.1f}): speeds will scatter", flush=True)
    if not args.binary.exists():
        raise Failed(f"{args.binary} is not there: run `make build` first, or give --binary")
    SCRATCH.mkdir(parents=True, exist_ok=True)
    model, vocabulary = make_model()
    env = os.environ | {"OMP_NUM_THREADS": str(args.threads), "HF_HUB_OFFLINE": "1"}
    words = {"binary": args.binary, "model": model, "threads": args.threads, "warmup": args.warmup}

    def command(template, *extra, **more):
        return [part.format(**words, **more) for part in template.split()] + list(extra)

    full = {"rows": full_rows(args.warmup + args.steps, vocabulary)}
    full |= {"batch": FIXED_BATCH, "steps": args.steps}
    fixed_runs = {
        "ours": (command(OURS, **full), env),
        "rival": (RIVAL + command(THEIRS, **full), env),
        "ours, recompute": (command(OURS, "--recompute", **full), env),
    }
    rows, padding = domain_examples(args.warmup + args.packed_steps)
    domains = {"rows": rows, "batch": PACKED_BATCH, "steps": args.packed_steps}
    packed_runs = {
        "ours": (command(OURS, **domains), env),
        "rival": (RIVAL + command(THEIRS, **domains), env),
    }
    fixed = alternate(fixed_runs, args.repeats)
    packed = alternate(packed_runs, args.repeats)
    for results in (fixed, packed):
        check_same_work(results)

    header = ["", "useful tokens/s", "ratio", "peak memory", "ratio"]
    lines = [row(fixed, "ours", "4 × 512, ours"), row(fixed, "rival", "4 × 512, transformers")]
    lines += [row(fixed, "ours, recompute", "4 × 512, ours with full recompute")]
    lines += [row(packed, "ours", "six domains, ours packed")]
    lines += [row(packed, "rival", f"six domains, transformers padded (× {padding:.2f})")]
    print(table(header, lines))

    figures = {
        "tokens_ratio": ratio(fixed, "ours", "tokens_per_s"),
        "memory_ratio": ratio(fixed, "ours", "peak_memory_bytes"),
        "memory_ratio_recompute": ratio(fixed, "ours, recompute", "peak_memory_bytes"),
        "packed_ratio": ratio(packed, "ours", "useful_tokens_per_s"),
        "threads": args.threads,
        "processor": processor(),
        "load_before": load,
        "fixed": fixed,
        "packed": packed,
    }
    (ROOT / "target" / "bench.json").write_text(json.dumps(figures, indent=1) + "\n")
    print({name: round(figures[name], 3) for name in figures if name.endswith(("ratio", "recompute"))})


if __name__ == "__main__":
    try:
        main()
    except Failed as reason:
        raise SystemExit(f"error: {reason}")
