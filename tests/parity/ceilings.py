"""Part of `make parity` and `make bench-method`: mastery ceilings under another tokenizer, against transformers.

    ceilings.py BINARY OUT [FIGURES]

The demo's model with its tokenizer's bytes alone is the reference model for the demo's model, whose tokens are
longer. Rows of a conversation and of running text, short ones and ones that are longer than any sequence, are
measured by `versatune reference` at several lengths. The untuned loss of each domain has to be transformers' nats
over the text that the run's tokens cover, divided by those tokens. The largest relative difference is added to the
JSON file FIGURES as `ceiling_error`.
"""

import gzip
import json
import pathlib
import re
import shutil
import subprocess
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MODEL = ROOT / "configs" / "demo" / "model"
LENGTHS = [256, 512, 2048]
WORDS = [6, 60, 300, 1200, 2500]
TOLERANCE = 1e-4
CONFIG = """(
    device: Cpu, model: (source: "{model}", precision: F32), runs_dir: "runs",
    data: (
        domains: [
            (name: "talk", train: "talk.jsonl", held_out: "talk-held.jsonl"),
            (name: "text", train: "text.jsonl", held_out: "text-held.jsonl"),
        ],
        sequence_length: {length}, cache_dir: "cache",
    ),
    mixing: (detected: Uniform, reference: Tune(
        model: "bytes", epochs: 1, steps_per_epoch: 1, batch_samples: 1, lr: 1e-6, table: Off,
    )),
    training: (length: Steps(1), batch_samples: 1),
)"""


def write_reference(folder):
    shutil.copytree(MODEL, folder)
    definition = json.loads((folder / "tokenizer.json").read_text())
    definition["model"]["merges"] = []
    (folder / "tokenizer.json").write_text(json.dumps(definition))


def rows():
    """Texts of so many words each, as talks and as running text."""
    with gzip.open(ROOT / "configs" / "demo" / "data" / "train.jsonl.gz", "rt") as file:
        given = [json.loads(line) for _, line in zip(range(4000), file)]
    words = " ".join(row["output"] for row in given).split(" ")
    talks, texts = [], []
    for part in range(2):
        for at, count in enumerate(WORDS):
            begin = 20_000 * part + 4_000 * at
            text, follow_up = " ".join(words[begin : begin + count]), " ".join(words[begin : begin + 9])
            talks.append(
                [
                    {"role": "user", "content": f"Say {count} words {part}."},
                    {"role": "assistant", "content": text.strip()},
                    {"role": "user", "content": "And then?"},
                    {"role": "assistant", "content": follow_up.strip()},
                ]
            )
            texts.append(text)
    return talks, texts


def answers(text):
    """Spans of the answers with their ends, in characters."""
    return [match.span(1) for match in re.finditer(r"<\|assistant\|>(.*?<\|end\|>)", text, re.DOTALL)]


def is_counted(span, ranges):
    return any(span[0] < end and span[1] > begin for begin, end in ranges)


class Measure:
    def __init__(self, bytes_folder):
        self.run = AutoTokenizer.from_pretrained(MODEL)
        self.own = AutoTokenizer.from_pretrained(bytes_folder)
        self.model = AutoModelForCausalLM.from_pretrained(bytes_folder, dtype=torch.float32).eval()

    def encoded(self, tokenizer, text):
        both = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        return both["input_ids"], both["offset_mapping"]

    def nats(self, ids, counted):
        with torch.no_grad():
            logits = self.model(input_ids=torch.tensor([ids])).logits[0, :-1].double()
        losses = torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:]), reduction="none")
        return sum(loss.item() for loss, counts in zip(losses, counted[1:]) if counts)

    def talk(self, messages, length):
        text = self.run.apply_chat_template(messages, tokenize=False)
        ids, spans = self.encoded(self.run, text)
        spans = spans[:length]
        kept = text[: max(end for _, end in spans)] if len(ids) > length else text
        ranges = answers(text)
        tokens = sum(is_counted(span, ranges) for span in spans[1:])
        own_ids, own_spans = self.encoded(self.own, kept)
        return self.nats(own_ids, [is_counted(span, ranges) for span in own_spans]), tokens

    def text(self, text, length):
        end = self.run.convert_tokens_to_ids("<|end|>")
        ids, spans = self.encoded(self.run, text)
        is_cut = len(ids) + 1 > length
        spans = spans[:length]
        kept = text[: spans[-1][1]] if is_cut else text
        # The first token is predicted by nothing, so that its bytes count for neither.
        tokens = len(spans) - 1 + (not is_cut)
        own_ids, own_spans = self.encoded(self.own, kept)
        counted = [span[0] >= spans[0][1] for span in own_spans]
        if not is_cut:
            own_ids, counted = [*own_ids, end], [*counted, True]
        return self.nats(own_ids, counted), tokens


def measured(binary, folder, length):
    (folder / "run.ron").write_text(CONFIG.format(model=MODEL, length=length))
    call = [binary, "reference", "run.ron", "--out", "ceilings.ron"]
    subprocess.run(call, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    stored = (folder / "ceilings.ron").read_text()
    found = re.findall(r'domain: "(\w+)",.*?epochs: \[([^,\]]+)', stored, re.DOTALL)
    return {domain: float(first) for domain, first in found}


binary, out = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
shutil.rmtree(out, ignore_errors=True)
out.mkdir(parents=True)
write_reference(out / "bytes")
talks, texts = rows()
files = {
    "talk.jsonl": [{"prompt": "A bond?", "completion": "A loan."}],
    "talk-held.jsonl": [{"messages": talk} for talk in talks],
    "text.jsonl": [{"text": "A bond is a loan."}],
    "text-held.jsonl": [{"text": text} for text in texts],
}
for name, lines in files.items():
    (out / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
measure = Measure(out / "bytes")
worst = 0.0
for length in LENGTHS:
    found = measured(binary, out, length)
    for name, of_row, of_domain in [("talk", measure.talk, talks), ("text", measure.text, texts)]:
        pairs = [of_row(row, length) for row in of_domain]
        expected = sum(nats for nats, _ in pairs) / sum(tokens for _, tokens in pairs)
        off = abs(found[name] - expected) / expected
        worst = max(worst, off)
        print(f"ceilings, {name} at {length} tokens: {found[name]:.6f}, off by {off:.1e}")
if len(sys.argv) > 3:
    figures = pathlib.Path(sys.argv[3])
    figures.write_text(json.dumps(json.loads(figures.read_text()) | {"ceiling_error": worst}, indent=2) + "\n")
    print(f"ceiling_error {worst:.1e}, added to {figures}")
sys.exit(0 if worst <= TOLERANCE else f"error: ceilings differ by more than {TOLERANCE} relative")
