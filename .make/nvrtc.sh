#!/bin/sh
# Puts NVIDIA's run-time compiler into a folder, unless it is there: the tests compile the GPU's kernels with it,
# for which no GPU is needed. A libtorch with CUDA brings its own, which the program uses.
set -eu
target=$1 version=$2

[ -e "$target/nvidia/cu13/lib/libnvrtc.so.13" ] && exit 0
mkdir -p "$(dirname "$target")"
scratch=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

echo "fetching NVRTC $version (90 MB) into $target"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --only-binary=:all: \
  --no-deps --target "$scratch" "nvidia-cuda-nvrtc==$version"
rm -rf "$target"
mv "$scratch" "$target"
