#!/bin/sh
# Puts libtorch into the folder that LIBTORCH names, unless it is there. It is taken from the torch
# wheel; no Python is used at run time. With an NVIDIA driver the wheel's CUDA libraries are fetched
# too, without one only the two that libtorch_cpu itself is linked with.
set -eu
torch=$1 version=$2
[ -e "$torch/lib/libtorch_cpu.so" ] && exit 0

case $torch in
*/versatune/libtorch-"$version"/torch) ;;
*) echo "error: LIBTORCH=$torch holds no lib/libtorch_cpu.so; unset LIBTORCH to have it fetched" >&2; exit 1 ;;
esac

target=$(dirname "$torch")
mkdir -p "$(dirname "$target")"
scratch=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

pip="python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --only-binary=:all: --target $scratch"
echo "fetching libtorch $version into $target"
if [ -e /proc/driver/nvidia/version ]; then
  $pip "torch==$version"
else
  $pip --no-deps "torch==$version" nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85
fi
rm -rf "$target"
mv "$scratch" "$target"
