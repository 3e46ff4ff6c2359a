#!/bin/sh
# Saves models with this program, loads them with transformers in a throw-away environment, and
# compares logits; exports a run, and reads it with TensorBoard. Arguments: further model folders, such as
# a run's checkpoint. PYTHON, if set, is an interpreter that has torch, transformers and tensorboard already;
# then nothing is fetched.
set -eu
here=target/parity
rm -rf "$here"
mkdir -p "$here"

more="tensorboard==2.20.0"
. .make/transformers.sh

cargo run --quiet --locked --example parity -- "$here/models" tests/fixtures/golden/*/ "$@"
"$PYTHON" tests/parity/compare.py "$here/models"
cargo build --quiet --locked
"$PYTHON" tests/parity/templates.py target/debug/versatune \
  tests/fixtures/templates src/data/template ${TEMPLATES:-}
"$PYTHON" tests/parity/checkpoint.py target/debug/versatune "$here/checkpoint"
"$PYTHON" tests/parity/ceilings.py target/debug/versatune "$here/ceilings"
"$PYTHON" tests/parity/event_files.py target/debug/versatune "$here/event-files"
rm -rf "$here/python"
