"""Part of `make parity`: TensorBoard's own reader reads what VersaTune writes for it.

    event_files.py BINARY OUT

Trains the demo's model for some steps, stops it, resumes it, and exports it in every format. Every scalar of the
exported event file, as TensorBoard's EventAccumulator has it, has to be that of the JSON lines in f32; CSV has to
hold the same rows, and the JSON lines every step of the record. The events that were written while the run went
have to give the same, of which the accumulator drops the steps that the resume did again.
"""

import csv
import json
import math
import pathlib
import shutil
import signal
import subprocess
import sys

import numpy
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
STEPS, STOPPED_AT = 60, 25

binary, out = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
shutil.rmtree(out, ignore_errors=True)
out.mkdir(parents=True)
sets = {
    "name": '"run"',
    "runs_dir": f'"{out}"',
    "data.cache_dir": f'"{out}/cache"',
    "mixing.detected": "Uniform",
    "mixing.reference": "Given([2.5, 2.5, 2.5, 2.5, 1.5, 2.5])",
    "mixing.target": "law",
    "mixing.every": "5",
    "training.length": f"Steps({STEPS})",
    "training.batch_samples": "4",
    "checkpoint.every": "10",
    "logging.tensorboard": "true",
}
pairs = [word for field, value in sets.items() for word in ("--set", f"{field}={value}")]
train = [binary, "train", ROOT / "configs/demo.ron", *pairs, "--headless", "--log-format", "json"]


def stop_with(stop):
    """Trains on until the step STOPPED_AT, and ends the process by this signal."""
    process = subprocess.Popen(train, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "step" and event["step"] >= STOPPED_AT:
            process.send_signal(stop)
            break
    process.stdout.read()
    process.wait()


def scalars(folder):
    """Tag to (step, wall time, value) in order, with every point."""
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    accumulator.Reload()
    tags = accumulator.Tags()
    found = {tag: [(e.step, e.wall_time, e.value) for e in accumulator.Scalars(tag)] for tag in tags["scalars"]}
    texts = {
        tag: {e.step: e.tensor_proto.string_val[0].decode() for e in accumulator.Tensors(tag)} for tag in tags["tensors"]
    }
    return found, texts


def is_same(found, expected):
    same = lambda a, b: a == b or (math.isnan(a) and math.isnan(b))
    return len(found) == len(expected) and all(
        a[:2] == b[:2] and same(a[2], b[2]) for a, b in zip(found, expected)
    )


def difference(found, expected):
    """Tags whose points differ."""
    return [tag for tag in sorted(found.keys() | expected.keys()) if not is_same(found.get(tag, []), expected.get(tag, []))]


stop_with(signal.SIGKILL)
train.append(f"--resume={out}/run")
subprocess.run(train, check=True, stdout=subprocess.DEVNULL)
run = out / "run"
for form in ("tensorboard", "csv", "jsonl"):
    subprocess.run([binary, "export", run, "--to", form], check=True, stdout=subprocess.DEVNULL)

rows = [json.loads(line) for line in (run / "metrics.jsonl").open()]
with (run / "metrics.csv").open(newline="") as file:
    table = list(csv.DictReader(file))
as_text = lambda value: "" if value is None else value
of_csv = lambda row: {
    name: as_text(row[name]) if name in ("metric", "domain", "text") else row[name] for name in row
}
number = lambda text: None if text == "" else float(text)
numbers = ("step", "unix_ms", "value", "error")
problems = []
if [of_csv(row) for row in rows] != [row | {name: number(row[name]) for name in numbers} for row in table]:
    problems.append("CSV and JSON lines differ")

# The last time that each step was done.
record = [json.loads(line) for line in (run / "events.jsonl").open()]
done = {event["step"]: event for event in record if event["event"] == "step"}
for metric, field in [("loss/train", "loss"), ("lr", "lr"), ("grad_norm", "grad_norm"), ("memory_bytes", "memory")]:
    found = [(row["step"], row["unix_ms"], row["value"]) for row in rows if row["metric"] == metric]
    if found != [(step, event["unix_ms"], event[field]) for step, event in sorted(done.items())]:
        problems.append(f"{metric} is not that of the record")

expected, told = {}, {}
for row in rows:
    domain = f"/{row['domain']}" if row["domain"] else ""
    at = row["step"], row["unix_ms"] / 1000
    if row["text"] is not None:
        before = told.setdefault(row["metric"], {}).get(row["step"])
        told[row["metric"]][row["step"]] = f"{before}\n\n{row['text']}" if before else row["text"]
        continue
    value = math.nan if row["value"] is None else float(numpy.float32(row["value"]))
    expected.setdefault(row["metric"] + domain, []).append((*at, value))
    if row["error"] is not None:
        error = float(numpy.float32(row["error"]))
        expected.setdefault(f"{row['metric']}_error{domain}", []).append((*at, error))

found, texts = scalars(run / "metrics.tensorboard")
problems += [f"the export differs at {tag}" for tag in difference(found, expected)]
if texts != told:
    problems.append("texts differ")

live, _ = scalars(run / "tensorboard")
resumed_at = max(event["step"] for event in record if event["event"] == "resumed")
# What the kill caught before it was written is missing: of the last steps before the checkpoint at most.
behind = lambda all_points: {
    tag: kept for tag, points in all_points.items() if (kept := [p for p in points if p[0] > resumed_at])
}
problems += [f"the live events differ at {tag}" for tag in difference(behind(live), behind(expected))]
before = lambda points: [point for point in points if point[0] <= resumed_at]
problems += [
    f"the live events have void points at {tag}" for tag in live if not set(before(live[tag])) <= set(before(expected[tag]))
]

points = sum(len(points) for points in found.values())
print(
    f"event files: TensorBoard reads {points} scalars in {len(found)} tags and {sum(map(len, texts.values()))} texts; "
    f"of the live ones {sum(map(len, live.values()))}, after a kill at step {STOPPED_AT} and a resume at {resumed_at}"
)
sys.exit("\n".join(f"error: {problem}" for problem in problems) or 0)
