"""Part of `make parity`: transformers talks with a checkpoint that was trained with another chat template.

    checkpoint.py BINARY OUT

Trains the demo's model for some steps with a template that ends answers with another token than the model's
own, loads the checkpoint with transformers, and lets it write one turn: it must stop at that token.
"""

import pathlib
import subprocess
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
END = "<|pad|>"
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>{{ m.content }}"
    "{{ '" + END + "' if m.role == 'assistant' else '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
STEPS = 80

binary, out = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
out.mkdir(parents=True, exist_ok=True)
(out / "chat.jinja").write_text(TEMPLATE)
sets = {
    "name": '"run"',
    "runs_dir": f'"{out}"',
    "data.template": f'File("{out}/chat.jinja")',
    "data.cache_dir": f'"{out}/cache"',
    "mixing.detected": "Uniform",
    "mixing.reference": "None",
    "mixing.strategy": "Constant",
    "training.length": f"Steps({STEPS})",
    "training.lr": "2e-3",
    "checkpoint.every": str(STEPS),
}
pairs = [word for field, value in sets.items() for word in ("--set", f"{field}={value}")]
subprocess.run(
    [binary, "train", ROOT / "configs/demo.ron", *pairs, "--headless"], check=True, stdout=subprocess.DEVNULL
)
folder = out / "run" / "checkpoints" / f"step-{STEPS:06}"
tokenizer = AutoTokenizer.from_pretrained(folder)
assert tokenizer.chat_template == TEMPLATE, "the checkpoint has another chat template"
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
end = tokenizer.convert_tokens_to_ids(END)
assert end in model.generation_config.eos_token_id, model.generation_config
stopped = 0
questions = ["What is a bond?", 'Define "lake".', "What is a contract?", "What is aspirin?"]
for question in questions:
    asked = [{"role": "user", "content": question}]
    ids = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    with torch.no_grad():
        written = model.generate(**ids, max_new_tokens=160, do_sample=False, pad_token_id=end)
    turn = written[0, ids["input_ids"].shape[1] :].tolist()
    stopped += turn[-1] == end and end not in turn[:-1]
print(f"a checkpoint of another template: {stopped} of {len(questions)} turns end at {END}")
sys.exit(0 if stopped == len(questions) else "error: a turn does not end at the template's token")
