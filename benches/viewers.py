"""What those who look at a run cost: benches/viewers.py [BINARY], default target/release/versatune.

Needs nothing but Python. A run of the demo's model trains headless, and clients of its socket come and go:
  viewers  step time while 16 clients look at the run that read what they are sent, against the stretches
           without them before and after, in PAIRS (20) of one run; the share of a core that the threads take
           that serve them
  bytes    what one client gets from the socket while about 20 steps a second of six domains are trained
  screen   what an attached screen of 80x24 writes to its terminal meanwhile
  late     from `attach` to the first picture of that run
  commands optimizer steps from a command to its effect, and milliseconds while the run is paused
Figures go to target/bench-viewers.json too. Quick: VERSATUNE_QUICK=1 (fewer pairs).
"""

import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from screens import BINARY, ROOT, Terminal, arguments, steps, until_step

QUICK = bool(os.environ.get("VERSATUNE_QUICK"))
VIEWERS = 16
PAIRS, STRETCH = (3, 4) if QUICK else (20, 10)
PAIRS = int(os.environ.get("PAIRS", PAIRS))


class Run:
    """A headless run of the demo's model whose socket is open."""

    def __init__(self, folder, batch):
        self.folder = folder
        args = arguments(folder, 1_000_000, batch) + ["--headless"]
        self.process = subprocess.Popen(args, stdout=subprocess.DEVNULL, start_new_session=True)
        until_step(folder, 20)
        self.socket = folder / "bench" / "control.sock"

    def end(self):
        self.process.kill()
        self.process.wait()


class Viewer:
    """A client that looks: it reads, and counts what it gets after the snapshot."""

    def __init__(self, path):
        self.stream = socket.socket(socket.AF_UNIX)
        # The path of a socket has at most 108 bytes.
        os.chdir(path.parent)
        self.stream.connect(path.name)
        hello = {"versatune": 1, "client": "bench", "want": "run", "read_only": True}
        self.stream.sendall(json.dumps(hello).encode() + b"\n")
        self.got = 0
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            try:
                data = self.stream.recv(1 << 16)
            except OSError:
                return
            if not data:
                return
            self.got += len(data)

    def leave(self):
        self.stream.shutdown(socket.SHUT_RDWR)
        self.stream.close()


def median_step(folder, begun, ended):
    """Median seconds of the steps between two times of the record's clock."""
    inside = [e["secs"] for e in steps(folder) if begun < e["unix_ms"] / 1000 <= ended]
    return statistics.median(inside)


def serving_secs(pid):
    """Processor time that the threads of a process have taken that serve its clients."""
    nanoseconds = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            if (task / "comm").read_text().strip() not in ("socket", "client", "client-out"):
                continue
            # Finer than the ticks of `stat`, of which such a thread takes none for seconds.
            spent = int((task / "schedstat").read_text().split()[0])
        except OSError:
            continue  # it has ended
        nanoseconds += spent
    return nanoseconds / 1e9


def compared(values):
    """Each stretch with viewers against the mean of the two without them around it: mean ratio and its error."""
    ratios = [
        values[i] / ((values[i - 1] + values[i + 1]) / 2) for i in range(1, len(values) - 1, 2)
    ]
    return statistics.mean(ratios), statistics.stdev(ratios) / len(ratios) ** 0.5


def viewers(folder):
    """Time of a step with viewers and without, and the share of a core that serving them takes."""
    run = Run(folder, 16)
    marks, shares = [], []
    for stretch in range(2 * PAIRS + 1):
        held = [Viewer(run.socket) for _ in range(VIEWERS)] if stretch % 2 else []
        time.sleep(1)
        begun, used = time.time(), serving_secs(run.process.pid)
        time.sleep(STRETCH)
        marks.append((begun, time.time()))
        if held:
            shares.append((serving_secs(run.process.pid) - used) / STRETCH)
        for viewer in held:
            viewer.leave()
    run.end()
    times = [median_step(folder, *mark) for mark in marks]
    ratio, error = compared(times)
    return {
        "pairs": PAIRS,
        "step_ms": 1000 * statistics.median(times),
        "ratio": ratio,
        "standard_error": error,
        "serving_core_share": statistics.mean(shares),
    }


def rates(folder):
    """Bytes a second, of the socket and of a screen, while small steps go by."""
    run = Run(folder, 2)
    late = time.monotonic()
    screen = Terminal([str(BINARY), "attach", str(folder / "bench"), "--read-only"])
    while not screen.pieces or b"bench" not in screen.since(0):
        time.sleep(0.005)
    late = time.monotonic() - late
    viewer = Viewer(run.socket)
    time.sleep(2)
    begun, first, got = time.monotonic(), steps(folder)[-1]["step"], viewer.got
    time.sleep(5 if QUICK else 20)
    secs = time.monotonic() - begun
    rate = (steps(folder)[-1]["step"] - first) / secs
    figures = {
        "steps_per_s": rate,
        "socket_bytes_per_s": (viewer.got - got) / secs,
        "socket_bytes_per_s_at_20_steps": (viewer.got - got) / secs / rate * 20,
        "screen_bytes_per_s": len(screen.since(begun)) / secs,
        "attach_s": late,
    }
    screen.kill()
    run.end()
    return figures


class Commander:
    """A client that gives commands and waits for their outcomes."""

    def __init__(self, path):
        stream = socket.socket(socket.AF_UNIX)
        os.chdir(path.parent)
        stream.connect(path.name)
        self.lines = stream.makefile("rw", encoding="utf-8")
        self.lines.readline()
        self.send({"versatune": 1, "client": "bench"})

    def send(self, message):
        self.lines.write(json.dumps(message) + "\n")
        self.lines.flush()

    def give(self, request, command):
        """Seconds until the outcome, and the step at which it took effect."""
        begun = time.monotonic()
        self.send({"request": request, "command": command})
        while True:
            line = json.loads(self.lines.readline())
            if "outcome" in line:
                return time.monotonic() - begun, line["outcome"]["outcome"]["step"]


def newest_step(folder):
    """The record's newest step, from its last lines: reading all of it takes longer than a step."""
    with open(folder / "bench" / "events.jsonl", "rb") as record:
        record.seek(0, os.SEEK_END)
        record.seek(max(0, record.tell() - (1 << 15)))
        lines = record.read().decode().split("\n")[1:-1]
    return next(e["step"] for e in map(json.loads, reversed(lines)) if e["event"] == "step")


def commands(folder):
    """The step of a command is that of the record's newest step when it is sent."""
    run, count = Run(folder, 16), 10 if QUICK else 50
    commander = Commander(run.socket)
    lags = []
    for request in range(count):
        # In the middle of a step, at another place each time.
        time.sleep(0.05 + 0.013 * (request % 7))
        before = newest_step(folder)
        lags.append(commander.give(request, f"set tau {request + 1}")[1] - before)
    commander.give(count, "pause")
    millis = [1000 * commander.give(count + 1 + i, f"set tau {i + 1}")[0] for i in range(count)]
    run.end()
    return {"steps_to_effect": max(lags), "paused_ms": max(millis)}


def main():
    found = {}
    for name, measure in [("viewers", viewers), ("rates", rates), ("commands", commands)]:
        with tempfile.TemporaryDirectory() as folder:
            found[name] = measure(pathlib.Path(folder))
            os.chdir(ROOT)
        print(name, json.dumps(found[name], indent=1), flush=True)
    (ROOT / "target" / "bench-viewers.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
