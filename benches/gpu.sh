#!/bin/sh
# One call on a GPU machine: benches/gpu.sh [BINARY], default target/release/versatune; nine minutes at most.
# Needs python3 with torch 2.11 (for libtorch's libraries); no Rust, no network. Build the binary
# elsewhere (`make build`, on a glibc no newer than the one there) and bring the checkout along.
# Each result is a line of $OUT/gpu.jsonl as soon as it is known.
# benches/gpu.sh --dry-run [BINARY] does the same on the CPU with tiny steps and the libtorch of LIBTORCH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dry=
if [ "${1:-}" = --dry-run ]; then
  dry=--dry-run
  shift
fi
binary=${1:-$here/../target/release/versatune}
[ -x "$binary" ] ||
  { echo "error: no binary at $binary: build it where Rust is, and bring it along" >&2; exit 1; }
if [ -z "$dry" ]; then
  version=$(python3 -c 'import torch; print(torch.__version__)') ||
    { echo "error: python3 has no torch: libtorch 2.11's libraries come from it" >&2; exit 1; }
  case $version in
  2.11.*) ;;
  *) echo "error: python3 has torch $version, the binary needs 2.11" >&2; exit 1 ;;
  esac
  LIBTORCH=$(python3 -c 'import os, torch; print(os.path.dirname(torch.__file__))')
fi
LD_LIBRARY_PATH=$LIBTORCH/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LIBTORCH LD_LIBRARY_PATH
exec python3 "$here/gpu.py" "$binary" $dry
