#!/bin/sh
# Runs a Python script with torch and transformers: benches/python.sh SCRIPT [ARGUMENTS]
# They go into target/python on the first call (about 5 GB) and away with `cargo clean`. To use
# an interpreter that has them already, set VERSATUNE_PYTHON to it.
set -eu
[ -z "${VERSATUNE_PYTHON:-}" ] || exec "$VERSATUNE_PYTHON" "$@"

packages=$(cd "$(dirname "$0")/.." && pwd)/target/python
if [ ! -e "$packages/complete" ]; then
  echo "fetching torch and transformers into $packages" >&2
  rm -rf "$packages"
  python3 -m pip --quiet --disable-pip-version-check install --no-warn-conflicts --root-user-action=ignore \
    --only-binary=:all: --target "$packages" torch==2.11.0 transformers==5.23.0
  touch "$packages/complete"
fi
PYTHONPATH=$packages exec python3 "$@"
