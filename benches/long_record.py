"""What a long record costs: benches/long_record.py [BINARY], default target/release/versatune.

Needs nothing but Python. A run of the demo's model is given a record of a million steps; then, in turns
with a fresh run of the same config, it is resumed up to its first step, and read by report, snapshot and attach.
The first reading is without an index, which the resume writes. Prints seconds and the most memory (MiB).
STEPS=100000 makes it shorter.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from screens import Terminal

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/release/versatune").resolve()
STEPS = int(os.environ.get("STEPS", 1_000_000))
ROUNDS = 5


def train(folder, name, *more):
    """The command of a run that measures neither detection nor ceilings."""
    sets = {
        "runs_dir": f'"{folder}"',
        "name": f'"{name}"',
        "mixing.detected": "Given([0.04,0.2,0.06,0.34,0.1,0.26])",
        "mixing.reference": "Given([4.0,3.4,4.2,3.8,3.2,4.1])",
        "mixing.every": "1000000",
        "checkpoint.every": "4",
        "logging.host_secs": "0",
        "training.length": f"Steps({STEPS + 1000})",
        "training.batch_samples": "2",
    }
    pairs = [word for field, value in sets.items() for word in ("--set", f"{field}={value}")]
    return [BINARY, "train", ROOT / "configs/demo.ron", *pairs, "--headless", "--log-format", "json", *more]


def memory(pid):
    """Most memory of a process until now, MiB."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def to_step(command, steps):
    """Seconds and memory until so many steps were taken; the process is killed then."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        steps -= json.loads(line)["event"] == "step"
        if steps == 0:
            result = time.monotonic() - begun, memory(process.pid)
            process.kill()
            process.wait()
            return result
    sys.exit(f"the run ended by itself: {command}")


def whole(command):
    begun = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    return time.monotonic() - begun


def first_picture(run):
    """Seconds until `attach` shows the run's end, in a terminal of its own."""
    begun = time.monotonic()
    terminal = Terminal([str(BINARY), "attach", str(run)])
    while b"record" not in terminal.since(0):
        time.sleep(0.005)
    took = time.monotonic() - begun
    terminal.kill()
    return took


def lengthen(record):
    """Goes on with the record as if the last step were taken a million times."""
    lines = record.read_text().splitlines()
    last = json.loads(lines[-1])
    step = json.loads(next(line for line in reversed(lines) if '"event":"step"' in line))
    with record.open("a") as out:
        for n in range(1, STEPS + 1):
            later = {"seq": last["seq"] + n, "unix_ms": last["unix_ms"] + 10 * n, "step": step["step"] + n}
            out.write(json.dumps({**step, **later}, separators=(",", ":")) + "\n")


def main():
    with tempfile.TemporaryDirectory() as folder:
        run = pathlib.Path(folder, "long")
        to_step(train(folder, "long"), 6)
        lengthen(run / "events.jsonl")
        print(f"record: {(run / 'events.jsonl').stat().st_size / 2**20:.0f} MiB, {STEPS} steps")
        resume = train(folder, "long", f"--resume={run}")
        looks = {name: [BINARY, name, run] for name in ("report", "snapshot")}
        for index in ("without", "with"):
            for name, command in looks.items():
                print(f"{name} {index} an index: {whole(command):.2f} s")
            print(f"attach {index} an index: {first_picture(run):.2f} s")
            if index == "without":
                print("resume without an index: {:.2f} s, {:.0f} MiB".format(*to_step(resume, 1)))
        print(f"index: {(run / 'events.index').stat().st_size / 2**20:.1f} MiB")
        for round in range(ROUNDS):
            fresh = to_step(train(folder, "fresh"), 1)
            again = to_step(resume, 1)
            print("fresh {:.2f} s, {:.0f} MiB; resumed {:.2f} s, {:.0f} MiB".format(*fresh, *again))
            shutil.rmtree(pathlib.Path(folder, "fresh"))


if __name__ == "__main__":
    main()
