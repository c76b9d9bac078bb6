import assert from "node:assert/strict";
import { needRestart } from "../../../../agent/cli/agent/changed-settings.ts";
import { defaultSettings } from "../../../../agent/cli/settings/check.ts";

describe("changed settings", () => {
  const before = defaultSettings();
  const cases = [
    { name: "nothing", after: before, want: [] },
    {
      name: "what a reload takes over",
      after: { ...before, priority: "Warning" as const, rules_files: ["a"] },
      want: [],
    },
    {
      name: "what needs a restart, by key",
      after: { ...before, webserver: { ...before.webserver, listen_port: 1 }, json_output: true },
      want: ["json_output", "webserver"],
    },
  ];
  for (const { name, after, want } of cases)
    it(`name ${name}`, () => assert.deepEqual(needRestart(before, after), want));
});
