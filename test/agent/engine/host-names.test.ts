import assert from "node:assert/strict";
import { hostNames } from "../../../agent/engine/host-names.ts";
import { buildCatalogue } from "../../../agent/fields/index.ts";
import { compileRuleSet } from "../../../agent/rules/compile.ts";

function namesIn(condition: string): readonly string[] {
  const rule = {
    rule: "r",
    desc: "d",
    condition: `evt.type = connect and ${condition}`,
    output: "o",
    priority: "INFO",
  };
  const { plan } = compileRuleSet([{ name: "r.yaml", text: JSON.stringify([rule]) }], buildCatalogue());
  assert.ok(plan !== undefined);
  return hostNames(plan);
}

describe("host names of rules", () => {
  const cases = [
    { name: "a name compared with", condition: 'fd.sip.name = "b.example"', want: ["b.example"] },
    {
      name: "all of a list, each once",
      condition: "fd.rip.name in (b.example, a.example, b.example)",
      want: ["a.example", "b.example"],
    },
    {
      name: "below not and or",
      condition: "not (proc.name = x or fd.cip.name = a.example)",
      want: ["a.example"],
    },
    { name: "either end's", condition: "fd.ip.name = a.example", want: ["a.example"] },
    { name: "no address, no other text", condition: "fd.sip = 10.0.0.1 and proc.name = a.example", want: [] },
    { name: "nothing where only its presence is asked for", condition: "fd.sip.name exists", want: [] },
  ];
  for (const { name, condition, want } of cases) {
    it(`are ${name}`, () => assert.deepEqual(namesIn(condition), want));
  }
});
