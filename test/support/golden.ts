import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { root } from "./reference.ts";

/** Compares `got` with test/golden/NAME; with UPDATE_GOLDEN set, writes it there instead. */
export function golden(name: string, got: string): void {
  const file = `${root}test/golden/${name}`;
  if (process.env["UPDATE_GOLDEN"] !== undefined) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, got);
    return;
  }
  assert.equal(got, readFileSync(file, "utf8"));
}
