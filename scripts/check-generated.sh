#!/usr/bin/env bash
# Fails if a generated file differs from what its source makes now.
set -euo pipefail
cd "$(dirname "$0")/.."
exec node build/scripts/generate.js --check
