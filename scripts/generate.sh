#!/usr/bin/env bash
# Writes the generated files anew.
set -euo pipefail
cd "$(dirname "$0")/.."
exec node build/scripts/generate.js
