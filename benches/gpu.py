#!/usr/bin/env python3
"""Run by gpu.sh: numerics against f32 on the CPU, then speed and memory beside transformers.

Prints Markdown for RESULTS.md. A part that fails is shown as failed, the others still run, and the
exit code is 1.
"""

import importlib.util
import sys

import torch

from measure import BENCHES, RIVAL, Failed, gib, run_json, table

DEVICE = "cuda:0"
DEMO = BENCHES.parent / "configs" / "demo" / "model"
CHECK = "{binary} bench --check --model {demo} --device {device} --json"
OURS = (
    "{binary} bench {model} --device {device} --precision PureBf16 {recompute}"
    " --tokens {tokens} --sequence {sequence} --warmup 3 --steps 10 --json"
)
THEIRS = "{model} --device {device} {recompute} --fixed {rows}x{sequence} --warmup 3 --steps 10"
# Name, ours and the rival's way to name the model, recompute, tokens a step, tokens a row.
CASES = [
    ("llama3-8b", "--shape llama3-8b", "--config {shapes}/llama3-8b.json", True, 8192, 2048),
    ("qwen2.5-7b", "--shape qwen2.5-7b", "--config {shapes}/qwen2.5-7b.json", True, 8192, 2048),
    ("demo", "--model {demo}", "--config {demo}/config.json", False, 32768, 256),
]


def fill(template, words):
    """A command from its template. Filled twice, since a value may contain names itself."""
    return template.format(**words).format(**words).split()


def case_words(binary, recompute, tokens, sequence):
    return {
        "binary": binary,
        "device": DEVICE,
        "demo": DEMO,
        "shapes": BENCHES / "shapes",
        "recompute": "--recompute" if recompute else "",
        "tokens": tokens,
        "sequence": sequence,
        "rows": tokens // sequence,
    }


def measure(command):
    """The result of a command and None, or None and the reason."""
    try:
        return run_json(command), None
    except Failed as reason:
        print(f"\n{reason}\n", flush=True)
        out_of_memory = "out of memory" in str(reason).lower()
        return None, "out of memory" if out_of_memory else "failed"


def line(name, who, result, reason, mfu):
    if result is None:
        return [name, who, reason, "–", "–"]
    share = "–" if mfu is None else f"{100 * mfu:.1f} %"
    return [name, who, f"{result['tokens_per_s']:,.0f}", share, gib(result["peak_memory_bytes"])]


def compare(binary, case, has_transformers):
    """Lines of the table for one model, and whether our run succeeded."""
    name, our_model, their_model, recompute, tokens, sequence = case
    words = case_words(binary, recompute, tokens, sequence)
    ours, reason = measure(fill(OURS, words | {"model": our_model}))
    mfu = ours.get("mfu") if ours else None
    label = f"{name}, {tokens // sequence} × {sequence}{', recompute' if recompute else ''}"
    lines = [line(label, "versatune", ours, reason, mfu)]
    if has_transformers:
        rival, reason = measure(RIVAL + fill(THEIRS, words | {"model": their_model}))
        # The same model and rows need the same operations a token: MFU goes as tokens/s.
        known = mfu is not None and rival is not None
        rival_mfu = mfu * rival["tokens_per_s"] / ours["tokens_per_s"] if known else None
        lines.append(line(label, "transformers", rival, reason, rival_mfu))
    return lines, ours is not None


def main():
    binary = sys.argv[1]
    has_transformers = importlib.util.find_spec("transformers") is not None
    if not torch.cuda.is_available():
        print("error: torch sees no GPU here: nothing to measure", file=sys.stderr)
        return 1
    card = torch.cuda.get_device_properties(0)
    print(f"{card.name}, {gib(card.total_memory)}, torch {torch.__version__}")
    if has_transformers:
        from transformers import __version__

        print(f"transformers {__version__}")
    else:
        print("transformers is not installed here: no rival")

    words = case_words(binary, False, 0, 1)
    check, reason = measure(fill(CHECK, words))
    print(f"\nNumerics against f32 on the CPU: {check if check else reason}\n", flush=True)

    lines, all_ran = [], check is not None
    for case in CASES:
        more, ran = compare(binary, case, has_transformers)
        lines += more
        all_ran = all_ran and ran
    print(table(["model", "program", "tokens/s", "MFU", "peak memory"], lines))
    return 0 if all_ran else 1


if __name__ == "__main__":
    raise SystemExit(main())
