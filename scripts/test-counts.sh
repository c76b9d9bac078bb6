#!/usr/bin/env bash
# Adds up what mocha counted in the files given, as one line. Where nothing passed at all that is one failure.
set -euo pipefail
exec node -e '
  const { readFileSync } = require("node:fs");
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const file of process.argv.slice(1)) {
    const counts = JSON.parse(readFileSync(file, "utf8"));
    for (const key of Object.keys(sum)) sum[key] += counts[key];
  }
  if (sum.passed === 0) sum.failed += 1;
  console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
' "$@"
