#!/usr/bin/env python3
"""Makes the demo's data: a balanced excerpt of the six-domain instruction rows.

    pip install tokenizers
    python3 configs/demo/make_excerpt.py six_train.jsonl.gz six_val.jsonl.gz

The same input gives the same bytes: rows are taken in the order of a hash of their text, and the
gzip header carries no time. See data/ATTRIBUTION.md for where the rows come from.
"""

import gzip
import hashlib
import io
import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from tokenizers import Tokenizer

HERE = Path(__file__).resolve().parent
TRAIN_ROWS, HELD_OUT_ROWS = 1200, 150  # per domain
SEQUENCE_TOKENS = 256  # the demo's sequence length
TEMPLATE_TOKENS = 5  # bos, user, end, assistant, end
LIKENESS = 0.8  # two answers whose sets of words overlap by this much count as the same
# Small talk ("do you think the south was right?"), which teaches no domain.
LEFT_OUT_SOURCES = re.compile(r"chatterbot-corpus .*: (history|literature|money|science)$")
SHORTEST_QUESTION = 10  # characters; what is shorter is a row that was torn ("I" -> "n")
# WordNet records slurs and vulgar words as such. They are of no use in a demo.
LEFT_OUT_ANSWERS = re.compile(
    r"offensive|disparag|derogatory|slur\b|ethnic|obscene|vulgar|sexual|prostitut", re.IGNORECASE
)


def read(path):
    """All rows of a file, in the order of their hash."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return sorted(rows, key=key)


def key(row):
    text = "\0".join((row["domain"], row["instruction"], row["output"]))
    return hashlib.sha256(text.encode()).hexdigest()


class Chooser:
    """Takes rows one at a time and remembers them, so that no two are nearly the same."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.questions = set()
        self.answers = defaultdict(list)  # source -> sets of words

    def takes(self, row):
        if LEFT_OUT_SOURCES.match(row["source"]) or LEFT_OUT_ANSWERS.search(row["output"]):
            return False
        if len(row["instruction"]) < SHORTEST_QUESTION:
            return False
        words = frozenset(re.findall(r"[a-z]+", row["output"].lower()))
        place = (row["domain"], row["source"])
        question = (row["domain"], row["instruction"].lower())
        if question in self.questions or any(alike(words, other) for other in self.answers[place]):
            return False
        if self.tokens(row) > SEQUENCE_TOKENS:
            return False
        self.questions.add(question)
        self.answers[place].append(words)
        return True

    def tokens(self, row):
        texts = (row["instruction"], row["output"])
        return TEMPLATE_TOKENS + sum(len(self.tokenizer.encode(text).ids) for text in texts)


def alike(a, b):
    return len(a & b) >= LIKENESS * len(a | b)


def excerpt(rows, per_domain, chooser):
    """From each domain its share, the sources of a domain in turn until they run out."""
    queues = defaultdict(lambda: defaultdict(list))
    for row in rows:
        queues[row["domain"]][row["source"]].append(row)
    chosen = []
    for domain in sorted(queues):
        sources = [iter(queues[domain][source]) for source in sorted(queues[domain])]
        taken = []
        while sources and len(taken) < per_domain:
            source = sources.pop(0)
            row = next((row for row in source if chooser.takes(row)), None)
            if row is not None:
                taken.append(row)
                sources.append(source)
        chosen += taken
    return sorted(chosen, key=key)


def write(path, rows):
    names = ("domain", "instruction", "output", "source", "license")
    lines = (json.dumps({n: row[n] for n in names}, ensure_ascii=False) for row in rows)
    data = "".join(line + "\n" for line in lines).encode()
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0, filename="") as file:
        file.write(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue())
    print(f"{path}: {len(rows)} rows, {len(buffer.getvalue())} bytes")
    for (domain, source), count in sorted(Counter((r["domain"], r["source"]) for r in rows).items()):
        print(f"  {domain:9} {count:5}  {source}")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    chooser = Chooser(Tokenizer.from_file(str(HERE / "model" / "tokenizer.json")))
    # Training rows first: a held-out row that is nearly a training row is left out too.
    train = excerpt(read(sys.argv[1]), TRAIN_ROWS, chooser)
    held_out = excerpt(read(sys.argv[2]), HELD_OUT_ROWS, chooser)
    write(HERE / "data" / "train.jsonl.gz", train)
    write(HERE / "data" / "held_out.jsonl.gz", held_out)


if __name__ == "__main__":
    main()
