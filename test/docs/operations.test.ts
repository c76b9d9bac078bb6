/** What docs/operations.md names must be there, and what people meet must be named in it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { dropCauses } from "../../agent/capture/drops.ts";
import { reasons } from "../../operator/api/reasons.ts";
import { codeIn, unknownMetrics, unknownNames } from "../support/known-names.ts";
import { root } from "../support/reference.ts";

const { rules } = parse(readFileSync(`${root}charts/tiercel/monitoring/rules.yaml`, "utf8")) as {
  rules: readonly { readonly alert: string; readonly annotations: { readonly description: string } }[];
};

/** Reasons that call for nothing. */
const fine: ReadonlySet<string> = new Set(
  (["accepted", "distributed", "loaded", "ready", "delivered"] as const).map((name) => reasons[name]),
);

describe("docs/operations.md", () => {
  const page = readFileSync(`${root}docs/operations.md`, "utf8");
  const code = new Set(codeIn(page));

  it("has a section for each alert of the chart, and none for others", () => {
    const sections = [...page.matchAll(/^### (Tiercel\w+)$/gm)].map(([, name]) => name);
    assert.deepEqual(
      sections,
      rules.map(({ alert }) => alert),
    );
  });

  it("is where the chart's alerts send people", () => {
    for (const { alert, annotations } of rules)
      assert.match(annotations.description, /docs\/operations\.md/, alert);
  });

  it("explains each reason of a condition that calls for something", () => {
    const missing = Object.values(reasons).filter((reason) => !fine.has(reason) && !code.has(reason));
    assert.deepEqual(missing, []);
  });

  it("explains each reason of a NodeAgent's conditions", () => {
    const source = readFileSync(`${root}agent/report/node-agent/status.ts`, "utf8");
    const reasonsOfAgents = [...source.matchAll(/reason: "(\w+)"|\? "(\w+)" : "(\w+)"/g)]
      .flatMap(([, one, yes, no]) => [one, yes, no])
      .filter((reason) => reason !== undefined);
    assert.ok(reasonsOfAgents.length >= 8, reasonsOfAgents.join());
    const missing = reasonsOfAgents.filter(
      (reason) => reason !== "Running" && reason !== "Complete" && !code.has(reason),
    );
    assert.deepEqual(missing, []);
  });

  it("explains each cause of a drop", () => {
    assert.deepEqual(
      dropCauses.filter((cause) => !code.has(cause)),
      [],
    );
  });

  it("names settings, values and metrics that there are", () => {
    assert.deepEqual(unknownNames(page), []);
    assert.deepEqual(unknownMetrics(page), []);
  });
});

describe("names in documents", () => {
  it("are seen where they are wrong", () => {
    assert.deepEqual(unknownNames("`alerts.rate`, `alerts.rat: 3` and `agent.podMetadata`"), ["alerts.rat"]);
    assert.deepEqual(
      unknownMetrics('tiercel_events_total{source="x"}, tiercel_event_total, `tiercel_operator_…`'),
      ["tiercel_event_total"],
    );
  });
});
