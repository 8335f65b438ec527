#!/usr/bin/env bash
# Compares this program with PyTorch, SciPy, NumPy and gonum on the same work and writes docs/benchmarks.md between its
# two marks. Rounds alternate between all of them, so what the machine does meanwhile meets them alike.
#
#   bench/compare.sh [--quick] [--only REGEXP]
#
# It needs Debian's python3-torch and python3-scipy, which it installs where it may.
set -euo pipefail
cd "$(dirname "$0")/.."

python=/usr/bin/python3
if ! "$python" -c 'import torch, scipy' 2>/dev/null; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-torch python3-scipy >/dev/null
	else
		echo "python3-torch or python3-scipy is missing: install it" >&2
		exit 1
	fi
fi

# The peers compute on one thread, like this program, and OpenBLAS with the kernels that are fastest here: on virtual
# machines it often takes the processor for an old one.
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
if [ -z "${OPENBLAS_CORETYPE:-}" ]; then
	best=0
	for core in SkylakeX Cooperlake Haswell Zen; do
		speed=$(OPENBLAS_CORETYPE=$core "$python" bench/peer.py --gemm 2>/dev/null || echo 0)
		echo "OpenBLAS as $core: $speed GFLOP/s"
		if [ "$speed" -gt "$best" ]; then
			best=$speed
			export OPENBLAS_CORETYPE=$core
		fi
	done
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/compare" ./bench
"$dir/compare" -python "$python" "$@"
