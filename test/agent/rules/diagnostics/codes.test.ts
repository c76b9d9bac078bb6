import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  codeDescription,
  hintCodes,
  shortText,
  warningCodes,
} from "../../../../agent/rules/diagnostics/codes.ts";
import { root } from "../../../support/reference.ts";

describe("codes of findings", () => {
  it("give errors their short text as description, warnings and hints a longer one", () => {
    assert.equal(codeDescription("LOAD_ERR_VALIDATE"), shortText("LOAD_ERR_VALIDATE"));
    for (const code of [
      ...(Object.keys(warningCodes) as (keyof typeof warningCodes)[]),
      ...(Object.keys(hintCodes) as (keyof typeof hintCodes)[]),
    ])
      assert.ok(codeDescription(code).length > shortText(code).length, code);
  });

  it("are explained: every hint is in docs/validate.md", () => {
    const page = readFileSync(`${root}docs/validate.md`, "utf8");
    for (const code of Object.keys(hintCodes)) assert.ok(page.includes(`| ${code} `), code);
  });
});
