"""Shared by the benches: commands that print a JSON object on their last line, and tables."""

import json
import subprocess
import sys
from pathlib import Path

BENCHES = Path(__file__).resolve().parent
RIVAL = [sys.executable, str(BENCHES / "rival.py")]


class Failed(Exception):
    """A command failed. The text names the command and the end of its output."""


def run_json(command, env=None, timeout=None):
    """The JSON object on the last line that the command prints. Its stderr is shown only if it fails.

    Beyond `timeout` seconds the command is killed: subprocess.TimeoutExpired."""
    done = subprocess.run(command, env=env, text=True, capture_output=True, timeout=timeout)
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise Failed(f"exit code {done.returncode} of: {' '.join(map(str, command))}\n{tail}")
    return json.loads(lines[-1])


def table(header, rows):
    """Lines of a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def gib(number_of_bytes):
    return f"{number_of_bytes / 2**30:.2f} GiB"
