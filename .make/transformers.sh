# Sourced: makes $PYTHON an interpreter with torch and transformers, out of the index into $here/python unless
# PYTHON is set, which then is one that has both already. $more is what else is wanted.
if [ -z "${PYTHON:-}" ]; then
  PYTHON=python3
  packages="transformers==5.23.0 safetensors==0.8.0 numpy ${more:-}"
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
export HF_HUB_OFFLINE=1
