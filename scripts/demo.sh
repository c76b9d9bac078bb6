#!/usr/bin/env bash
# Does a dozen harmless versions of what attackers do and shows what each raised (make demo). Leaves nothing behind.
set -euo pipefail
exec node --enable-source-maps "$(dirname "$0")/../build/scripts/demo.js" "$@"
