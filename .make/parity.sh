#!/bin/sh
# Saves models with this program, loads them with transformers in a throw-away environment, and
# compares logits. Arguments: further model folders, such as a run's checkpoint. PYTHON, if set, is
# an interpreter that has torch and transformers already; then nothing is fetched.
set -eu
here=target/parity
rm -rf "$here"
mkdir -p "$here"

if [ -z "${PYTHON:-}" ]; then
  PYTHON=python3
  packages="transformers==5.23.0 safetensors==0.8.0 numpy"
  path=$PWD/$here/python
  wheel=$(dirname "$LIBTORCH")
  if [ -e "$LIBTORCH/__init__.py" ] && [ -e "$wheel/nvidia/cudnn" ]; then
    # The wheel that libtorch came from is complete, so it serves as the Python package too.
    packages="$packages filelock typing-extensions sympy networkx jinja2 fsspec setuptools"
    path=$path:$wheel
  else
    # Python's half of torch loads the CUDA libraries even where there is no GPU.
    packages="$packages torch==2.11.0"
  fi
  echo "fetching transformers into $here/python"
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-warn-conflicts \
    --only-binary=:all: --target "$here/python" $packages
  export PYTHONPATH="$path"
fi

cargo run --quiet --locked --example parity -- "$here/models" tests/fixtures/golden/*/ "$@"
HF_HUB_OFFLINE=1 "$PYTHON" tests/parity/compare.py "$here/models"
cargo build --quiet --locked
HF_HUB_OFFLINE=1 "$PYTHON" tests/parity/templates.py target/debug/versatune \
  tests/fixtures/templates src/data/template ${TEMPLATES:-}
HF_HUB_OFFLINE=1 "$PYTHON" tests/parity/checkpoint.py target/debug/versatune "$here/checkpoint"
HF_HUB_OFFLINE=1 "$PYTHON" tests/parity/ceilings.py target/debug/versatune "$here/ceilings"
rm -rf "$here/python"
