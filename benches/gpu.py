#!/usr/bin/env python3
"""Run by gpu.sh: what a GPU does, the most valuable first, within nine minutes.

Each result is a line of JSON in $OUT/gpu.jsonl as soon as it is known (without OUT in target/), and at the end there
are Markdown tables for RESULTS.md. What fails is shown as failed, the others still run, and the exit code is 1.
--dry-run does the same on the CPU with tiny steps, without a rival: whether every command is one.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import BENCHES, RIVAL, Failed, gib, run_json, table

SHAPES = BENCHES / "shapes"
DEMO = BENCHES.parent / "configs" / "demo" / "model"
SECONDS = 9 * 60
LEAST_SECONDS = 20  # nothing is begun with less time left


def bench(shape, tokens, sequence, *more, precision="PureBf16", steps=(2, 8)):
    warmup, timed = steps
    words = f"bench --shape {shape} --tokens {tokens} --sequence {sequence} --precision {precision}"
    return f"{words} --warmup {warmup} --steps {timed}".split() + list(more)


def rival(shape, tokens, sequence, *more, steps=(2, 8)):
    warmup, timed = steps
    words = f"--config {SHAPES / shape}.json --fixed {tokens // sequence}x{sequence}"
    return f"{words} --warmup {warmup} --steps {timed}".split() + list(more)


# Name, ours, and the rival's command where there is one. The rival keeps what fits it: 7B with checkpointing.
CASES = [
    ("self-test and numerics", ["bench", "--check", "--model", str(DEMO)], None),
    ("products", ["bench", "--products", "--precision", "PureBf16"], None),
    (
        "qwen2.5-7b, 1 × 4096, by parts",
        bench("qwen2.5-7b", 4096, 4096, "--parts"),
        rival("qwen2.5-7b", 4096, 4096, "--recompute"),
    ),
    ("llama3-8b, 1 × 4096, by parts", bench("llama3-8b", 4096, 4096, "--parts"), None),
    (
        "llama3.2-1b, 4 × 2048",
        bench("llama3.2-1b", 8192, 2048, "--parts"),
        rival("llama3.2-1b", 8192, 2048),
    ),
    (
        "smollm2-135m, packed 128 × 256",
        bench("smollm2-135m", 32768, 256, "--parts"),
        rival("smollm2-135m", 32768, 256),
    ),
    ("qwen2.5-7b, 4 × 2048, selective", bench("qwen2.5-7b", 8192, 2048, "--recompute=selective"), None),
    ("llama3.2-1b, more than fits", bench("llama3.2-1b", 262_144, 2048, steps=(0, 1)), None),
    (
        "llama3.2-1b, 64 tokens of 32 texts",
        "bench --shape llama3.2-1b --precision PureBf16 --generate 32 --sequence 64".split(),
        None,
    ),
    (
        "llama3.2-1b, a checkpoint while steps go on",
        bench("llama3.2-1b", 8192, 2048, "--save", tempfile.gettempdir()),
        None,
    ),
    (
        "llama3.2-1b, MixedBf16, 4 × 2048",
        bench("llama3.2-1b", 8192, 2048, "--parts", precision="MixedBf16"),
        None,
    ),
]


def tiny(command):
    """The same command for a CPU: the bench's model, few tokens, one step."""
    values = {"--shape": "bench-27m", "--tokens": "64", "--warmup": "0", "--steps": "1"}
    values["--sequence"] = "8" if "--generate" in command else "32"
    values["--generate"] = "2"
    words = list(command)
    if "--shape" in words:
        shape = words[words.index("--shape") + 1]
        assert (SHAPES / f"{shape}.json").exists(), f"no shape {shape}"
    for at, word in enumerate(words[:-1]):
        words[at + 1] = values.get(word, words[at + 1])
    return words


class Run:
    """The cases so far."""

    def __init__(self, binary, dry):
        self.binary, self.dry = binary, dry
        self.device = "cpu" if dry else "cuda:0"
        self.end = time.monotonic() + SECONDS
        folder = Path(os.environ.get("OUT") or BENCHES.parent / "target")
        folder.mkdir(parents=True, exist_ok=True)
        self.lines = (folder / "gpu.jsonl").open("w")
        self.results = []

    def keep(self, **line):
        self.results.append(line)
        print(json.dumps(line), file=self.lines, flush=True)
        print(json.dumps(line), flush=True)

    def measure(self, name, who, command):
        left = self.end - time.monotonic()
        if left < LEAST_SECONDS:
            self.keep(name=name, who=who, failed="no time left")
            return
        begun = time.monotonic()
        try:
            result = {"result": run_json(command, timeout=left)}
        except Failed as reason:
            result = {"failed": str(reason)}
        except subprocess.TimeoutExpired:
            result = {"failed": "no time left"}
        self.keep(name=name, who=who, seconds=round(time.monotonic() - begun, 1), **result)

    def ours(self, name, command):
        words = tiny(command) if self.dry else command
        self.measure(name, "versatune", [self.binary, *words, "--device", self.device, "--json"])

    def rival(self, name, command):
        self.measure(name, "transformers", [*RIVAL, *command, "--device", self.device])


def rows(results):
    """Lines of the table of training steps."""
    for line in results:
        result = line.get("result")
        if result is None:
            short = line["failed"].strip().splitlines()[-1][:60]
            yield [line["name"], line["who"], short, "–", "–", "–"]
        elif "tokens_per_s" in result:
            mfu = result.get("mfu")
            planned = result.get("planned_memory_bytes")
            yield [
                line["name"],
                line["who"],
                f"{result['tokens_per_s']:,.0f}",
                "–" if mfu is None else f"{100 * mfu:.1f} %",
                gib(result["peak_memory_bytes"]),
                "–" if planned is None else gib(planned),
            ]


def save_rows(results):
    for line in results:
        for number, save in enumerate(line.get("result", {}).get("saves", []), start=1):
            stop, whole = save["stop_secs"], save["save_secs"]
            yield [
                f"{line['name']}, {number}.",
                f"{whole:.2f}",
                f"{stop:.3f}",
                f"{100 * stop / whole:.1f} %",
                f"{save['step_secs'] / line['result']['step_secs']:.2f}",
            ]


def kernel_lines(results):
    """What the self-test found: figures of kernels that did not run would be taken for theirs."""
    for line in results:
        found = line.get("result", {}).get("self_test")
        if found:
            for kernel in found["kernels"]:
                if kernel["verdict"] != "Passed":
                    yield f"self-test: {kernel['kernel']} in {kernel['dtype']}: {kernel['verdict']}"
            for why in found["not_loaded"]:
                yield f"self-test: libtorch's operators in place of kernels of ours: {why}"


def part_rows(results):
    for line in results:
        parts = line.get("result", {}).get("parts")
        if parts:
            yield [line["name"], *(f"{parts[part]:.1f}" for part in PARTS)]


PARTS = ["input_ms", "forward_ms", "loss_ms", "backward_ms", "optimizer_ms"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("binary")
    parser.add_argument("--dry-run", action="store_true")
    args = parser.parse_args()
    run = Run(args.binary, args.dry_run)
    has_rival = False
    if not args.dry_run:
        import torch

        if not torch.cuda.is_available():
            print("error: torch sees no GPU here: nothing to measure", file=sys.stderr)
            return 1
        card = torch.cuda.get_device_properties(0)
        has_rival = importlib.util.find_spec("transformers") is not None
        run.keep(
            name="machine", who="", card=card.name, memory=card.total_memory, torch=torch.__version__,
            rival=has_rival, result={},
        )
    for name, ours, theirs in CASES:
        run.ours(name, ours)
        if theirs and has_rival:
            run.rival(name, theirs)
    for text in kernel_lines(run.results):
        print(text)
    steps = ["case", "program", "tokens/s", "MFU", "peak memory", "planned"]
    print("\n" + table(steps, rows(run.results)))
    saves = ["save", "s", "training stood still, s", "share", "a step meanwhile / alone"]
    print("\n" + table(saves, save_rows(run.results)))
    print("\n" + table(["ms of a step", *(part[:-3] for part in PARTS)], part_rows(run.results)))
    return 1 if any("failed" in line for line in run.results) else 0


if __name__ == "__main__":
    raise SystemExit(main())
