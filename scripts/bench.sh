#!/usr/bin/env bash
# Compiles the workloads and runs the bench; arguments are bench/main.ts's. `soak` as first one runs bench/soak.ts.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh test
mkdir -p build/bench
for source in bench/workloads/*.c; do
  program=build/bench/$(basename "$source" .c)
  [ "$program" -nt "$source" ] && [ "$program" -nt bench/workloads/workload.h ] && continue
  gcc -O2 -Wall -Wextra -Werror -o "$program" "$source"
done

if [ "${1:-}" = soak ]; then
  shift
  exec node build/bench/soak.js "$@"
fi
exec node build/bench/main.js "$@"
