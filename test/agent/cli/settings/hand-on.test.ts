import assert from "node:assert/strict";
import fc from "fast-check";
import { handOn } from "../../../../agent/cli/settings/hand-on.ts";
import { readSettings } from "../../../../agent/cli/settings/read.ts";

const source = (text: string) => ({ name: "tiercel.yaml", text, isFile: true });
const cluster = { enabled: true, namespace: "tiercel-system" };
const handed = (text: string, overrides: string[] = [], included: string[] = []) =>
  handOn(
    {
      main: source(text),
      included: included.map((one) => ({ source: source(one), strategy: "append" as const })),
      overrides,
    },
    cluster,
  );
const clusterText = "cluster:\n  enabled: true\n  namespace: tiercel-system\n";

describe("settings that are handed on to agents", () => {
  const cases = [
    { name: "nothing but where the cluster's objects are", text: "", want: clusterText },
    {
      name: "what differs from the defaults, and nothing of the operator's",
      text: "priority: warning\nrules: []\nrules_files: [x]\noperator: {agent: {privileged: true}}\nwebserver: {enabled: true, listen_port: 9000}\n",
      want: `webserver:\n  listen_port: 9000\n${clusterText}`,
    },
    {
      name: "variables as they were written",
      text: "slack_output: {enabled: true, webhook_url: '${SLACK}'}\nstatic_fields: {a: '$${B}'}\n",
      want: `slack_output:\n  enabled: true\n  webhook_url: \${SLACK}\nstatic_fields:\n  a: $\${B}\n${clusterText}`,
    },
    {
      name: "texts that need their quotes",
      text: "static_fields: {a: '', b: 'null', c: '~', d: 'true', e: 'x: y', f: undefined}\njson_output: null\n",
      want: `static_fields:\n  a: ""\n  b: "null"\n  c: "~"\n  d: true\n  e: "x: y"\n  f: undefined\n${clusterText}`,
    },
    {
      name: "the user's own place for state beside ours",
      text: "cluster: {enabled: false, state_folder: /x}\n",
      want: "cluster:\n  enabled: true\n  state_folder: /x\n  namespace: tiercel-system\n",
    },
  ];
  for (const { name, text, want } of cases) it(`hold ${name}`, () => assert.equal(handed(text).text, want));

  it("come from all files and --set", () =>
    assert.equal(
      handed("json_output: false", ["alerts.rate=5"], ["json_output: true"]).text,
      `json_output: true\nalerts:\n  rate: 5\n${clusterText}`,
    ));

  it("start agents anew only for what these cannot take over", () => {
    const { restartKey } = handed("");
    assert.match(restartKey, /^[0-9a-f]{16}$/);
    for (const same of [
      "append_output: []",
      "priority: warning",
      "json_output: false",
      "operator: {agent: {privileged: true}}",
    ])
      assert.equal(handed(same).restartKey, restartKey, same);
    assert.notEqual(handed("json_output: true").restartKey, restartKey);
    const order = ["json_output: true\nlog_level: debug", "log_level: debug\njson_output: true"];
    assert.equal(handed(order[0]!).restartKey, handed(order[1]!).restartKey);
  });

  it("mean to an agent what they mean to the operator", () => {
    const text = fc.string({ unit: "binary-ascii", maxLength: 12 });
    const settings = fc.record({
      json_output: fc.boolean(),
      static_fields: fc.dictionary(text, text, { maxKeys: 4 }),
      webserver: fc.record({ listen_port: fc.integer({ min: 1, max: 65_535 }), listen_address: text }),
      append_output: fc.array(fc.record({ extra_output: text }), { maxLength: 3 }),
    });
    const read = (main: string) =>
      readSettings({ main: source(main), included: [], overrides: [], environment: {} });
    fc.assert(
      fc.property(settings, (value) => {
        const main = JSON.stringify(value);
        const { settings: there } = read(handed(main).text.replace(clusterText, ""));
        const { settings: here } = read(main);
        if (here !== undefined) assert.deepEqual(there, here);
      }),
    );
  });
});
