import assert from "node:assert/strict";
import type { Alert } from "../../../../agent/engine/alert.ts";
import { internalAlert } from "../../../../agent/engine/alert.ts";
import { Routes } from "../../../../agent/sinks/objects/routes.ts";
import { sampleAlert } from "../sample.ts";

const sinks = ["ops/slack", "ops/pager", "red/slack", "red/own", "blue/slack"].map((key) => {
  const [namespace = "", name = ""] = key.split("/");
  return { namespace, name };
});
const routes = new Routes("ops", sinks);

/** An alert of a rule of `home` about `about`; "" is the host, or a pod that nobody knows. */
const alert = (home: string, about: string, named?: readonly string[]): Alert =>
  sampleAlert({
    identity: { namespace: home, object: "o", rule: "r" },
    subject: { namespace: about, pod: "", podUid: "", container: "", image: "" },
    sinks: named,
  });

describe("which sinks an alert may go to", () => {
  const cases: readonly { name: string; alert: Alert; want: string[]; missing?: string[] }[] = [
    {
      name: "a platform rule about a team's pod: the operator's and that team's",
      alert: alert("ops", "red"),
      want: ["ops/slack", "ops/pager", "red/slack", "red/own"],
    },
    {
      name: "a team's rule about its pod: the operator's and its own",
      alert: alert("red", "red"),
      want: ["ops/slack", "ops/pager", "red/slack", "red/own"],
    },
    {
      name: "a host, or a pod that nobody knows: the operator's alone",
      alert: alert("ops", ""),
      want: ["ops/slack", "ops/pager"],
    },
    {
      name: "a pod of a namespace without sinks",
      alert: alert("ops", "green"),
      want: ["ops/slack", "ops/pager"],
    },
    {
      name: "a pod of the operator's namespace, each once",
      alert: alert("ops", "ops"),
      want: ["ops/slack", "ops/pager"],
    },
    {
      name: "a name of both namespaces means the rule's own",
      alert: alert("red", "red", ["slack"]),
      want: ["red/slack"],
    },
    {
      name: "a name that the rule's namespace has not means the operator's",
      alert: alert("red", "red", ["pager"]),
      want: ["ops/pager"],
    },
    {
      name: "names of a platform rule mean the operator's, not the pod's namespace",
      alert: alert("ops", "red", ["slack"]),
      want: ["ops/slack"],
    },
    {
      name: "never another team's, not even by name",
      alert: alert("red", "red", ["own", "blue/slack"]),
      want: ["red/own"],
      missing: ["blue/slack"],
    },
    {
      name: "a team's sink gets nothing about what is not its pod, though its rule says so",
      alert: alert("red", "", ["own", "pager"]),
      want: ["ops/pager"],
    },
    {
      name: "a team's sink gets nothing about another team's pod",
      alert: alert("red", "blue", ["own"]),
      want: [],
    },
    {
      name: "a name given twice counts once",
      alert: alert("ops", "", ["pager", "pager"]),
      want: ["ops/pager"],
    },
    {
      name: "a name that nobody has is said",
      alert: alert("red", "red", ["typo", "own"]),
      want: ["red/own"],
      missing: ["typo"],
    },
    {
      name: "what the agent says about itself goes to the operator's",
      alert: internalAlert("x", 4, "m", {}, { time: 1n, hostname: "n" }),
      want: ["ops/slack", "ops/pager"],
    },
  ];
  for (const { name, alert, want, missing = [] } of cases)
    it(name, () => {
      const unknown: string[] = [];
      const got = [...routes.of(alert, (each) => unknown.push(each))];
      assert.deepEqual(
        got.map((sink) => `${sink.namespace}/${sink.name}`),
        want,
      );
      assert.deepEqual(unknown, missing);
    });
});
