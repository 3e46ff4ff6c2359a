"""Half of `make parity`: loads with transformers what `save.rs` saved and compares logits.

    compare.py OUT
"""

import pathlib
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils.logging import disable_progress_bar

disable_progress_bar()
TOLERANCE = 1e-4


def compare(folder):
    stored = load_file(folder / "logits.safetensors")
    model, report = AutoModelForCausalLM.from_pretrained(
        folder / "model", dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    for fault in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        assert not report[fault], f"{folder}: {fault} {report[fault]}"
    if (folder / "model" / "tokenizer.json").exists():
        tokenizer = AutoTokenizer.from_pretrained(folder / "model")
        assert len(tokenizer) <= model.config.vocab_size, f"{folder}: more tokens than rows"
    bounds = stored["bounds"].tolist()
    with torch.no_grad():
        expected = torch.cat(
            [
                model(input_ids=stored["tokens"][None, begin:end]).logits[0]
                for begin, end in zip(bounds, bounds[1:])
            ]
        )
    off = ((stored["logits"] - expected).abs().max() / expected.abs().max()).item()
    print(f"{model.config.model_type:8} {model.num_parameters():>13,} parameters, logits off by {off:.1e}")
    return off <= TOLERANCE


folders = sorted(pathlib.Path(sys.argv[1]).glob("*/logits.safetensors"))
assert folders, f"nothing to compare in {sys.argv[1]}"
if not all([compare(path.parent) for path in folders]):
    sys.exit(f"error: logits differ by more than {TOLERANCE} relative")
