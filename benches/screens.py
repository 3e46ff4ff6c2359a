"""What the screens cost: benches/screens.py [BINARY], default target/release/versatune.

Needs nothing but Python. A run of the demo's model trains in a terminal of its own (a pty):
  throughput  tokens/s with the screens on against headless, in pairs that alternate
  deaf        step time while the terminal does not read for 60 s, against the minutes before and
              after in which it does; processor share of the threads that draw meanwhile
  bytes       what is written at 80x24 while about 20 steps a second are trained; processor share
              of the threads that draw
  still       bytes in 10 s on a picture in which nothing changes (a paused run, curves)
  keys        from a key to its frame, while the engine is busy
Figures go to target/bench-screens.json too. Quick: VERSATUNE_QUICK=1 (fewer pairs, 10 s deaf).
"""

import fcntl
import json
import os
import pathlib
import pty
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/release/versatune").resolve()
QUICK = bool(os.environ.get("VERSATUNE_QUICK"))
PAIRS, DEAF = (2, 10) if QUICK else (6, 60)
FRAME = b"\x1b[?2026h"


def arguments(folder, steps, batch, extra=()):
    """Arguments of a run of the demo's model that measures neither detection nor ceilings."""
    sets = {
        "runs_dir": f'"{folder}"',
        "name": '"bench"',
        "mixing.detected": "Given([0.04,0.2,0.06,0.34,0.1,0.26])",
        "mixing.reference": "Given([4.0,3.4,4.2,3.8,3.2,4.1])",
        "mixing.every": str(min(steps - 1, 100000)),
        "training.length": f"Steps({steps})",
        "training.batch_samples": str(batch),
        "training.micro_batch": "1024",
        "checkpoint.every": "None",
        "samples.every": "None",
        "screen.close_at_end": "true",
        "screen.patience_secs": "600.0",
    }
    args = [str(BINARY), "train", str(ROOT / "configs/demo-expansion.ron")]
    for key, value in list(sets.items()) + list(extra):
        args += ["--set", f"{key}={value}"]
    return args


class Terminal:
    """A run in a terminal of its own; every piece of output with its time."""

    def __init__(self, args, columns=80, rows=24):
        self.pieces, self.open = [], True
        # Waited for, not polled: on two busy cores polling would slow the run down.
        self.is_reading = threading.Event()
        self.is_reading.set()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8")
            os.environ.pop("NO_COLOR", None)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execv(args[0], args)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while self.open:
            self.is_reading.wait()
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return
            if not data:
                return
            self.pieces.append((time.monotonic(), data))

    def since(self, begun):
        return b"".join(data for at, data in list(self.pieces) if at >= begun)

    def press(self, keys):
        os.write(self.fd, keys)

    def wait(self):
        _, status = os.waitpid(self.pid, 0)
        self.open = False
        return os.waitstatus_to_exitcode(status)

    def kill(self):
        os.kill(self.pid, 9)


def events(folder):
    path = folder / "bench" / "events.jsonl"
    if not path.exists():
        return []
    lines = path.read_text().split("\n")[:-1]
    return [json.loads(line) for line in lines]


def steps(folder):
    return [event for event in events(folder) if event["event"] == "step"]


def until_step(folder, step, patience=120):
    begun = time.monotonic()
    while time.monotonic() - begun < patience:
        done = steps(folder)
        if done and done[-1]["step"] >= step:
            return
        time.sleep(0.2)
    raise SystemExit(f"error: step {step} did not come within {patience} s")


def rate(folder, skip=20):
    """Tokens a second over a run's steps, from the first measured one to the last."""
    done = steps(folder)[skip:]
    millis = done[-1]["unix_ms"] - done[0]["unix_ms"]
    return 1000 * sum(event["tokens"] for event in done[1:]) / millis


def throughput():
    pairs = []
    for pair in range(PAIRS):
        found = {}
        for kind in ("headless", "screens") if pair % 2 else ("screens", "headless"):
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                args = arguments(folder, 160, 16)
                if kind == "headless":
                    # In a session of its own, as in the pty: the scheduler groups processes by session.
                    subprocess.run(args + ["--headless"], check=True, stdout=subprocess.DEVNULL,
                                   start_new_session=True)
                else:
                    terminal = Terminal(args)
                    code = terminal.wait()
                    if code != 0:
                        shown = terminal.since(0).decode(errors="replace")[-2000:]
                        raise SystemExit(f"error: the run ended with {code}: {shown}")
                found[kind] = rate(folder)
        pairs.append(found["screens"] / found["headless"])
        print(f"  pair {pair + 1}: {found['screens']:.0f} with screens, {found['headless']:.0f} headless", flush=True)
    return {"throughput_ratio": statistics.median(pairs), "throughput_pairs": pairs}


def deaf():
    """One run whose terminal reads and does not read in turn; compares neighbouring step times."""
    spans, shares = [], ([], [])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        terminal = Terminal(arguments(folder, 1000000, 4), 200, 60)
        until_step(folder, 100)
        for turn in range(PAIRS + 1):
            if turn % 2:
                terminal.is_reading.clear()
            else:
                terminal.is_reading.set()
            time.sleep(2)
            begun, before = time.time(), ticks(terminal.pid)
            time.sleep(DEAF)
            spans.append((begun, time.time()))
            share = (ticks(terminal.pid) - before) / os.sysconf("SC_CLK_TCK") / DEAF
            shares[turn % 2].append(share)
        terminal.kill()
        terminal.wait()
        done = steps(folder)
    found = [[1000 * event["secs"] for event in done if begun <= event["unix_ms"] / 1000 < ended]
             for begun, ended in spans]
    medians = [statistics.median(millis) for millis in found]
    ratios = [2 * medians[i] / (medians[i - 1] + medians[i + 1]) for i in range(1, len(medians), 2)]
    print("  ms a step, reading and deaf in turn:", *(f"{millis:.1f}" for millis in medians), flush=True)
    return {
        "deaf_step_ratio": statistics.mean(ratios),
        "deaf_step_ratios": ratios,
        "deaf_core_share": max(shares[1]),
        "deaf_longest_step_ms": max(max(millis) for millis in found[1::2]),
        "reading_longest_step_ms": max(max(millis) for millis in found[::2]),
    }


def ticks(pid):
    """Processor time of the threads that draw (the first one, keys, frames), in clock ticks."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        text = (task / "stat").read_text()
        name, rest = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
        if int(task.name) == pid or name in ("frames", "keys"):
            total += int(rest[11]) + int(rest[12])
    return total


def written():
    window = 10 if QUICK else 60
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        terminal = Terminal(arguments(folder, 1000000, 4))
        until_step(folder, 60)
        begun, before, first = time.monotonic(), ticks(terminal.pid), steps(folder)[-1]["step"]
        time.sleep(window)
        size, secs = len(terminal.since(begun)), time.monotonic() - begun
        spent = (ticks(terminal.pid) - before) / os.sysconf("SC_CLK_TCK")
        done = steps(folder)[-1]["step"] - first
        keys = press_keys(terminal)
        terminal.press(b"3")
        time.sleep(0.1)
        terminal.press(b" ")
        # Until the message about the key is gone.
        time.sleep(10)
        begun = time.monotonic()
        time.sleep(10)
        still = len(terminal.since(begun))
        terminal.kill()
        terminal.wait()
    return {
        "steps_per_s": done / secs,
        "bytes_per_s": size / secs,
        "core_share": spent / secs,
        **keys,
        "still_bytes": still,
    }


def press_keys(terminal):
    """Switches between two screens, since the frame of a new screen is far larger than an update."""
    millis = []
    for i in range(20 if QUICK else 60):
        time.sleep(0.37)
        begun = time.monotonic()
        terminal.press(b"2" if i % 2 == 0 else b"1")
        while len(terminal.since(begun)) < 600 and time.monotonic() - begun < 2:
            time.sleep(0.0005)
        millis.append(1000 * (time.monotonic() - begun))
    return {"key_median_ms": statistics.median(millis), "key_slowest_ms": max(millis)}


def main():
    if not BINARY.exists():
        raise SystemExit(f"error: no binary at {BINARY}: run `make build` first")
    figures = {}
    for part in (written, deaf, throughput):
        print(f"{part.__name__} …", flush=True)
        figures |= part()
    print(json.dumps(figures, indent=1))
    (ROOT / "target").mkdir(exist_ok=True)
    (ROOT / "target/bench-screens.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
