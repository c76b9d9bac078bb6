import assert from "node:assert/strict";
import type { Alert } from "../../../../agent/engine/alert.ts";
import { compileFilter } from "../../../../agent/sinks/objects/filter.ts";
import type { FilterSpec } from "../../../../agent/sinks/objects/spec.ts";
import { sampleAlert } from "../sample.ts";

const about = (namespace: string) => ({ namespace, pod: "", podUid: "", container: "", image: "" });

describe("the filter of a sink", () => {
  const cases: readonly {
    name: string;
    filter: FilterSpec | undefined;
    alert?: Partial<Alert>;
    want: boolean;
  }[] = [
    { name: "absent, lets all through", filter: undefined, want: true },
    {
      name: "lets the least priority through",
      filter: { minPriority: "Notice" },
      alert: { priority: 5 },
      want: true,
    },
    {
      name: "and what is more urgent",
      filter: { minPriority: "NOTICE" },
      alert: { priority: 0 },
      want: true,
    },
    {
      name: "not what is less urgent",
      filter: { minPriority: "notice" },
      alert: { priority: 6 },
      want: false,
    },
    { name: "knows INFO", filter: { minPriority: "INFO" }, alert: { priority: 6 }, want: true },
    {
      name: "knows Informational",
      filter: { minPriority: "Informational" },
      alert: { priority: 7 },
      want: false,
    },
    { name: "takes a rule by its name", filter: { rules: ["Terminal shell in container"] }, want: true },
    { name: "takes a rule by a pattern", filter: { rules: ["Nothing", "Terminal*"] }, want: true },
    { name: "means the whole name", filter: { rules: ["Terminal"] }, want: false },
    {
      name: "takes patterns beyond ASCII",
      filter: { rules: ["Schlüssel?*"] },
      alert: { rule: "Schlüssel lesen" },
      want: true,
    },
    { name: "no names let nothing through", filter: { rules: [] }, want: false },
    { name: "takes one tag of several", filter: { tags: ["network", "shell"] }, want: true },
    { name: "means tags exactly", filter: { tags: ["she*", "Shell"] }, want: false },
    { name: "takes a source", filter: { sources: ["k8s_audit", "syscall"] }, want: true },
    { name: "refuses another source", filter: { sources: ["k8s_audit"] }, want: false },
    {
      name: "takes a namespace by a pattern",
      filter: { namespaces: ["shop-*"] },
      alert: { subject: about("shop-eu") },
      want: true,
    },
    {
      name: "refuses another namespace",
      filter: { namespaces: ["shop"] },
      alert: { subject: about("shop-eu") },
      want: false,
    },
    {
      name: "has no namespace for the host, not even under *",
      filter: { namespaces: ["*"] },
      alert: { subject: about("") },
      want: false,
    },
    { name: "nor for the agent itself", filter: { namespaces: ["*"] }, want: false },
    {
      name: "wants all of its parts",
      filter: { minPriority: "debug", tags: ["shell"], rules: ["X"] },
      want: false,
    },
  ];
  for (const { name, filter, alert, want } of cases)
    it(name, () => assert.equal(compileFilter(filter)(sampleAlert(alert)), want));

  it("says which priority it does not know", () => {
    assert.throws(() => compileFilter({ minPriority: "LOUD" }), /minPriority LOUD is no priority/);
  });
});
