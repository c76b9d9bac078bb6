#!/usr/bin/env bash
# Compiles agent/bpf for both architectures and both ways of reading the kernel's memory (lib/read.h) into
# build/bpf/tiercel.<arch>.<cast|probe>.bpf.o. All files become one unit: they share maps, and bpftool's linker (libbpf
# 1.1) refuses a kernel function that two objects name.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/bpf

find agent/bpf -name '*.bpf.c' | sort | sed 's|.*|#include "../../&"|' >build/bpf/tiercel.c

# compile ARCH READS [OPTION...]
compile() {
  local object=build/bpf/tiercel.$1.$2.bpf.o
  clang -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter \
    -D__TARGET_ARCH_"$1" "${@:3}" -idirafter "/usr/include/$(uname -m)-linux-gnu" \
    -c build/bpf/tiercel.c -o "$object.new"
  llvm-strip -g "$object.new"
  mv "$object.new" "$object"
}

compile_all() {
  compile "$1" cast -DCAST
  compile "$1" probe
}

compile_all x86 &
x86=$!
compile_all arm64
wait $x86
