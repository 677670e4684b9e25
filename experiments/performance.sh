#!/usr/bin/env bash
# Measures what docs/performance.md shows: about 30 minutes of a machine of two cores on
# which nothing else runs. Each part writes its JSON of zoo_configs/results as it ends.
#
#   TORCH_PYTHON=... MNIST=DIR experiments/performance.sh [--missing]
#
# TORCH_PYTHON: a Python with PyTorch. MNIST: the folder of TFDS sets that holds mnist.
# --missing: leaves out the parts whose JSON is there. A part that fails ends nothing.
set -u
cd "$(dirname "$0")/.." || exit 1
export PYTHONPATH="$PWD:tests" TF_CPP_MIN_LOG_LEVEL=3
python=${PYTHON:-python}

part() { # name of the JSON, then the command
  local name=$1
  shift
  if [[ $missing && -e zoo_configs/results/$name.json ]]; then
    echo "$name is there"
    return
  fi
  echo "$(date +%T) $name"
  "$python" "experiments/$@" || echo "$name FAILED"
}

missing=
[[ ${1:-} == --missing ]] && missing=yes
part first_minute first_minute.py                                     # 2 minutes
part growth growth.py                                                 # 6
part peers peers.py --python="$TORCH_PYTHON"                          # 10
part sampling_speed sampling_speed.py --data_dir="$MNIST"             # 4
part compare_overhead compare_overhead.py                             # 5
part op_profile op_profile.py                                         # 2
"$python" experiments/tables.py
date +%T
