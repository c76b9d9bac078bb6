#!/usr/bin/env bash
# Compiles agent/bpf for this machine into build/bpf/tiercel.bpf.o (see agent/bpf/README.md).
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/bpf
