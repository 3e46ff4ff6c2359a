"""Chat templates against transformers: tokens, and which of them the loss counts.

    templates.py BINARY [--conversations 17000] [--seed 1] TEMPLATE-OR-FOLDER…

Renders generated conversations by every template with `versatune rows`, and with transformers' own
`apply_chat_template`. Masks are compared where the template marks answers with {% generation %}, or where
`NAME_training.jinja`, which marks them, lies beside `NAME.jinja` and gives the same text; `narrower` are
those of the latter where more of the template's own words before an answer is marked.
"""

import argparse
import datetime
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

from transformers import AutoTokenizer
from transformers.utils import chat_template_utils

ROOT = pathlib.Path(__file__).parent.parent.parent
MODEL = ROOT / "configs" / "demo" / "model"
CONFIG = """(
    model: Random("{model}"), device: Cpu, runs_dir: "runs",
    data: (
        domains: [(name: "all", train: "rows.jsonl")], held_out: 0.5, sequence_length: 65536,
        on_bad_row: Skip(1000000), cache_dir: "cache", template: File("{template}"),
    ),
    mixing: (strategy: Constant, reference: None, detected: Uniform),
    training: (length: Steps(1)),
)"""
WORDS = (
    "a user assistant law Rules\nof 漢字 🙂 é  two   spaces {x} {{y}} <b> & \"q\" 'q' \\ \t end. </s> <s> "
    "<|im_end|> <|eot_id|> [INST] 1.5e3 true null \r\n \u2028 \x85 ``` ### <tool_call>"
).split(" ")
THOUGHTS = ["<think>\n{}\n</think>\n\n{}", "<think>{}</think>{}", "{}</think>{}", "{} {}"]


MARK = "endgeneration"


class Day(datetime.datetime):
    """The program gives every template the same day."""

    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 26)


chat_template_utils.datetime = Day


class Writer:
    """Conversations of one seed."""

    def __init__(self, seed):
        self.dice = random.Random(seed)

    def text(self, least=1):
        count = self.dice.choice([least, 1, 2, 5, 20])
        return " ".join(self.dice.choice(WORDS) for _ in range(max(count, least)))

    def said(self):
        """An answer, which is never empty."""
        text = self.text()
        while not text.strip():
            text = self.text()
        return text

    def value(self, depth=0):
        kind = self.dice.randrange(7 if depth < 2 else 5)
        if kind < 2:
            return self.text()
        if kind < 5:
            return [3, 2.5, True][kind - 2]
        if kind == 5:
            return [self.value(depth + 1) for _ in range(self.dice.randrange(3))]
        return {f"k{i}": self.value(depth + 1) for i in range(self.dice.randrange(3))}

    def answer(self, with_thoughts):
        text = self.said()
        message = {"role": "assistant", "content": text}
        if with_thoughts and self.dice.random() < 0.5:
            message["reasoning_content"] = self.said()
        elif self.dice.random() < 0.15:
            message["content"] = self.dice.choice(THOUGHTS).format(self.said(), text)
        return message

    def calls(self, tools):
        """A call or two, and what the tools answer."""
        calls, results = [], []
        for _ in range(self.dice.choice([1, 1, 1, 2])):
            tool = self.dice.choice(tools)["function"]["name"]
            name = "".join(self.dice.choice("abcdefghijk0123456789") for _ in range(9))
            arguments = {f"p{i}": self.value() for i in range(self.dice.randrange(3))}
            function = {"name": tool, "arguments": arguments}
            calls.append({"id": name, "type": "function", "function": function})
            results.append(
                {"role": "tool", "name": tool, "tool_call_id": name, "content": self.said()}
            )
        message = {"role": "assistant", "content": self.dice.choice(["", self.said()])}
        return [{**message, "tool_calls": calls}, *results]

    def conversation(self, style):
        """`style`: plain, thoughts or tools."""
        messages = []
        if self.dice.random() < 0.4:
            messages.append({"role": "system", "content": self.said()})
        row = {"messages": messages}
        if style == "tools":
            names = [f"tool_{i}" for i in range(self.dice.choice([1, 1, 2]))]
            parameters = {"type": "object", "properties": {"p0": {"type": "string"}}, "required": []}
            row["tools"] = [
                {
                    "type": "function",
                    "function": {"name": n, "description": self.said(), "parameters": parameters},
                }
                for n in names
            ]
        for _ in range(self.dice.choice([1, 1, 2, 3])):
            messages.append({"role": "user", "content": self.said()})
            if style == "tools":
                for _ in range(self.dice.choice([0, 1, 1, 2])):
                    messages.extend(self.calls(row["tools"]))
            messages.append(self.answer(style == "thoughts"))
        if style == "plain" and self.dice.random() < 0.05:
            messages.insert(self.dice.randrange(len(messages)), {"role": "user", "content": self.said()})
        return row


def rows_of_versatune(binary, template, rows):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / "rows.jsonl").write_text(lines, newline="")
        (folder / "c.ron").write_text(CONFIG.format(model=MODEL, template=template.resolve()))
        done = subprocess.run(
            [binary, "rows", "c.ron", "--all", "--json"],
            cwd=folder, capture_output=True, text=True,
        )
        if done.returncode != 0:
            return None, done.stderr.strip()
        shown = [json.loads(line) for line in done.stdout.splitlines()]
        assert [row["line"] for row in shown] == list(range(1, len(rows) + 1)), "rows are missing"
        return shown, None


def rendered(tokenizer, source, row, prompt=False):
    """The text that transformers makes of a conversation and the spans that the template marks in it."""
    texts, spans = chat_template_utils.render_jinja_template(
        [row["messages"]],
        tools=row.get("tools"),
        chat_template=source,
        return_assistant_tokens_mask=MARK in source,
        add_generation_prompt=prompt,
        **tokenizer.special_tokens_map,
    )
    return texts[0], [tuple(span) for span in spans[0]] if spans else []


def expected(tokenizer, source, marked, row):
    """Ids and mask by transformers; no mask where nothing is marked. Or its error."""
    try:
        text, spans = rendered(tokenizer, source, row)
    except Exception as error:  # whatever a template raises
        return None, None, f"{type(error).__name__}: {error}"
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    if marked != source:
        spans = borrowed(tokenizer, source, marked, row, text)
    mask = [
        int(any(start < end_of and end > start_of for start_of, end_of in spans))
        for start, end in encoded["offset_mapping"]
    ]
    return encoded["input_ids"], mask if spans else None, None


def borrowed(tokenizer, source, marked, row, text):
    """Spans of the template that marks answers for this one. What is before an answer in the prompt for it is
    not the model's to write, nor is the space behind the end of its turn."""
    try:
        other, spans = rendered(tokenizer, marked, row)
        asked = {"messages": [{"role": "user", "content": "Q"}]}
        prompt = rendered(tokenizer, source, asked, True)[0]
    except Exception:
        return []
    if other != text:
        return []
    joined = []
    for start, end in spans:
        if joined and joined[-1][1] == start:
            start = joined.pop()[0]
        joined.append((start, end))
    return [trimmed(text, start, end, prompt) for start, end in joined]


def trimmed(text, start, end, prompt):
    for length in range(min(len(prompt), end - start), 0, -1):
        if text.startswith(prompt[-length:], start):
            start += length
            break
    return start, start + len(text[start:end].rstrip())


def compare(binary, tokenizer, template, rows):
    """Counts of outcomes, and the first differences in words."""
    source = template.read_text()
    sibling = template.with_name(template.stem + "_training.jinja")
    marked = sibling.read_text() if sibling.exists() else source
    shown, error = rows_of_versatune(binary, template, rows)
    counts = dict.fromkeys(["same", "masks", "narrower", "both refuse", "refused", "different"], 0)
    reasons, problems = {}, []
    if shown is None:
        refuse = all(expected(tokenizer, source, source, row)[2] for row in rows)
        counts["both refuse" if refuse else "refused"] = len(rows)
        reasons[error] = len(rows)
        return counts, reasons, problems
    for number, (row, own) in enumerate(zip(rows, shown)):
        ids, mask, raised = expected(tokenizer, source, marked, row)
        refusal = next((n for n in own["notices"] if n.startswith("a bad row: ")), None)
        if refusal and raised:
            counts["both refuse"] += 1
        elif refusal:
            counts["refused"] += 1
            # Without what is another one in each row.
            key = re.sub(r"\d+|'[^']*'", "…", refusal.split("jinja")[-1])[:90].strip()
            reasons[key] = reasons.get(key, 0) + 1
        elif raised or ids != own["tokens"]:
            counts["different"] += 1
            problems.append((number, raised or difference(tokenizer, ids, own["tokens"])))
        elif mask and narrower(mask, own["counted"]) and marked != source:
            counts["narrower"] += 1
        elif mask and mask[1:] != [int(c) for c in own["counted"]][1:]:
            counts["different"] += 1
            problems.append((number, mask_difference(tokenizer, ids, mask, own["counted"])))
        else:
            counts["same"] += 1
            counts["masks"] += mask is not None
    return counts, reasons, problems


def narrower(mask, counted):
    """Whether only the beginnings of spans do not count: `_training.jinja` marks more of what the template
    writes before an answer than the model has to write."""
    begun = False
    for expected, own in list(zip(mask, counted))[1:]:
        begun = begun and bool(expected)
        if own and not expected or begun and not own:
            return False
        begun = bool(own)
    return [bool(m) for m in mask[1:]] != counted[1:]


def difference(tokenizer, a, b):
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return f"tokens: {tokenizer.decode(a[max(at - 8, 0):at + 12])!r} is {tokenizer.decode(b[max(at - 8, 0):at + 12])!r}"


def mask_difference(tokenizer, ids, mask, counted):
    at = next(i for i, (a, b) in enumerate(zip(mask, counted)) if a != int(b) and i)
    piece = tokenizer.decode(ids[max(at - 8, 0) : at + 12])
    return f"mask at token {at} of {len(ids)}, {mask[at]} is {int(counted[at])}, in {piece!r}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("templates", nargs="+", type=pathlib.Path)
    parser.add_argument("--conversations", type=int, default=17_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=1)
    args = parser.parse_args()
    files = [f for given in args.templates for f in (sorted(given.glob("*.jinja")) if given.is_dir() else [given])]
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    share = -(-args.conversations // len(files))
    faults = 0
    compared = 0
    for template in files:
        writer = Writer(f"{args.seed} {template.name}")
        styles = ["plain", "plain", "thoughts", "tools"]
        rows = [writer.conversation(styles[i % len(styles)]) for i in range(share)]
        counts, reasons, problems = compare(args.binary.resolve(), tokenizer, template, rows)
        faults += counts["different"]
        compared += counts["same"] + counts["different"]
        print(f"{template.name:34}" + "".join(f" {name} {count:5}" for name, count in counts.items()))
        for reason, count in sorted(reasons.items()):
            print(f"    refused {count}: {reason[:200]}")
        for number, problem in problems[: args.show]:
            print(f"    row {number}: {problem[:400]}")
    print(f"{share * len(files)} conversations, {compared} of them taken by both and compared, {faults} differences")
    sys.exit(1 if faults else 0)


main()
