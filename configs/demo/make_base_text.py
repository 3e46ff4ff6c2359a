"""Turns instruction rows into running text in the demo's chat form, for configs/demo/base.ron.

The base model is pretrained on whole rows, questions too, each behind the start token that detection
begins its texts with; fine-tuning counts answers only.

    python3 make_base_text.py six_train.jsonl.gz base_train.jsonl.gz
"""

import gzip
import json
import sys


def main(source: str, target: str) -> None:
    with gzip.open(source, "rt", encoding="utf-8") as rows, gzip.open(target, "wt", encoding="utf-8") as out:
        for line in rows:
            row = json.loads(line)
            text = f"<|bos|><|user|>{row['instruction']}<|end|><|assistant|>{row['output']}<|end|>"
            out.write(json.dumps({"domain": row["domain"], "text": text}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
