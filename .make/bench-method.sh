#!/bin/sh
# What the method does and costs, and how far its ceilings are from transformers' losses. PYTHON as for
# `make parity`.
set -eu
here=target/bench-method-parity
rm -rf "$here"
mkdir -p "$here"

cargo bench --locked --bench method
. .make/transformers.sh
cargo build --quiet --locked --release
"$PYTHON" tests/parity/ceilings.py target/release/versatune "$here/ceilings" target/bench-method.json
rm -rf "$here"
