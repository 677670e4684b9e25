#!/usr/bin/env bash
# Tests and measures on a GPU: about 30 minutes, with nothing else on the machine.
#
#   experiments/gpu.sh [FOLDER]
#
# Installs TensorFlow with CUDA, and PyTorch, in two virtual environments in FOLDER
# (.gpu), or takes those that are there. Writes gpu_steps.json and peers_gpu.json of
# zoo_configs/results, and their tables in docs/performance.md.
set -eu
cd "$(dirname "$0")/.."
folder=${1:-.gpu}
ours=$folder/ganzoo/bin/python
torch=$folder/torch/bin/python
if [[ ! -e $ours ]]; then
  python3 -m venv "$folder/ganzoo"
  "$ours" -m pip install -e ".[cuda,dev]"
fi
if [[ ! -e $torch ]]; then
  python3 -m venv "$folder/torch"
  "$torch" -m pip install torch numpy
fi
"$ours" -m pytest -n0 -m gpu tests/test_gpu.py || echo "gpu tests FAILED"
"$ours" experiments/gpu_steps.py
"$ours" experiments/peers.py --python="$torch" --name=peers_gpu
"$ours" experiments/tables.py
