#!/bin/sh
# Puts libtorch into the folder that LIBTORCH names, unless it is there. It is taken from the torch
# wheel; no Python is used at run time. With an NVIDIA driver the wheel's CUDA libraries are fetched
# too, without one only the two that libtorch_cpu itself is linked with. A libtorch that was fetched
# before there was a driver is fetched again, whole.
set -eu
torch=$1 version=$2
driver=${NVIDIA_DRIVER:-/proc/driver/nvidia/version} # the file that a loaded driver has
target=$(dirname "$torch")

case $torch in
*/versatune/libtorch-"$version"/torch) ;;
*)
  # The user's own: nothing is changed there.
  [ -e "$torch/lib/libtorch_cpu.so" ] && exit 0
  echo "error: LIBTORCH=$torch holds no lib/libtorch_cpu.so; unset LIBTORCH to have it fetched" >&2
  exit 1
  ;;
esac

has_cuda() { # one library of each package that libtorch_cuda needs beside the CUDA runtime
  [ -e "$target/nvidia/cudnn/lib/libcudnn.so.9" ] && [ -e "$target/nvidia/cu13/lib/libcusparse.so.12" ]
}
if [ -e "$torch/lib/libtorch_cpu.so" ]; then
  { [ ! -e "$driver" ] || has_cuda; } && exit 0
  echo "an NVIDIA driver is there now, and CUDA's libraries are not in $target"
fi

mkdir -p "$(dirname "$target")"
scratch=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$scratch" "$scratch.old"' EXIT

pip="python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --only-binary=:all: --target $scratch"
if [ -e "$driver" ]; then
  echo "fetching libtorch $version with CUDA's libraries (about 3 GB) into $target"
  $pip "torch==$version"
else
  echo "fetching libtorch $version into $target"
  $pip --no-deps "torch==$version" nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85
fi
if [ -e "$target" ]; then mv "$target" "$scratch.old"; fi
mv "$scratch" "$target"
