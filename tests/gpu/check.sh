#!/usr/bin/env bash
# Everything that needs a GPU, in at most eight minutes; installs nothing.
#   tests/gpu/check.sh FOLDER [PYTHON]
# Leaves in FOLDER: measure.txt, tests.txt, gpu.json and gpu.md (the table), and bundle/, which
# `python -m lrd_core import FOLDER/bundle` reads (times on Pruning name their device).
set -euo pipefail
out=$(realpath -m "${1:?give a folder for the results}")
python=${2:-.venv/bin/python}
cd "$(dirname "$0")/../.."
mkdir -p "$out"
export PYTHONPATH=$PWD${PYTHONPATH:+:$PYTHONPATH} PYTHONUNBUFFERED=1
export LRD_DATA_DIR=${LRD_DATA_DIR:-$out/data}
timeout "${MEASURE_SECONDS:-240}" "$python" tests/gpu/measure.py "$out" 2>&1 | tee "$out/measure.txt" || true
timeout "${TESTS_SECONDS:-220}" "$python" -m pytest -o addopts= --import-mode=importlib -v -rs -m gpu \
  -p no:cacheprovider tests/gpu tests/metrics/test_contract.py tests/pruning/test_latency.py 2>&1 |
  tee "$out/tests.txt"
