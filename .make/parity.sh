#!/bin/sh
# Saves models with this program, loads them with transformers in a throw-away environment, and
# compares logits. Arguments: further model folders, such as a run's checkpoint. PYTHON, if set, is
# an interpreter that has torch and transformers already; then nothing is fetched.
set -eu
here=target/parity
rm -rf "$here"
mkdir -p "$here"

. .make/transformers.sh

cargo run --quiet --locked --example parity -- "$here/models" tests/fixtures/golden/*/ "$@"
"$PYTHON" tests/parity/compare.py "$here/models"
cargo build --quiet --locked
"$PYTHON" tests/parity/templates.py target/debug/versatune \
  tests/fixtures/templates src/data/template ${TEMPLATES:-}
"$PYTHON" tests/parity/checkpoint.py target/debug/versatune "$here/checkpoint"
"$PYTHON" tests/parity/ceilings.py target/debug/versatune "$here/ceilings"
rm -rf "$here/python"
