/** How long an edit of one FalcoRule among 300 takes until agents can see it. */
import { readdirSync, readFileSync } from "node:fs";
import type { Context } from "mocha";
import { buildCatalogue } from "../../agent/fields/index.ts";
import { Judge, type Judgement } from "../../agent/rules/set/judge.ts";
import { setObjectOf, type FalcoRuleObject } from "../../agent/rules/set/set-object.ts";
import { falcoRuleControllers } from "../../operator/controllers/falco-rules/controller.ts";
import type { KubeObject } from "../../operator/kube/object.ts";
import { root } from "../../test/support/reference.ts";
import { ControlPlane } from "../../test/cluster/control-plane.ts";
import { runController } from "../../test/cluster/run-controller.ts";
import { quantile } from "../numbers.ts";
import type { Figure, Question, QuestionContext } from "../question.ts";

const OBJECTS = 300;
const EDITS = 200;

const namespace = "tiercel-system";
const settings = { operatorNamespace: namespace, choices: [], priority: "debug" };

/** Where a test would be skipped there is nothing to measure. */
const context = {
  skip() {
    throw new Error("there are no binaries of Kubernetes; make cluster-binaries builds them");
  },
} as unknown as Context;

/** A FalcoRule of about 1 KB; all are in one namespace, where each may have to do with each. */
function falcoRule(index: number, version: number): KubeObject & FalcoRuleObject {
  const name = `o${index}`;
  const rule = (part: number) => ({
    rule: `Rule ${index} ${part}`,
    desc: "d".repeat(150),
    condition: `evt.type in (execve, execveat) and m${index} and not proc.pname in (l${index}) and proc.args contains "${part} ${version}"`,
    output: "%proc.name %proc.cmdline %user.name %container.id",
    priority: "WARNING",
    tags: ["a", "b"],
  });
  return {
    apiVersion: "tiercel.dev/v1alpha1",
    kind: "FalcoRule",
    metadata: { namespace: "team", name },
    spec: {
      lists: [{ list: `l${index}`, items: ["a", "b", `${index}`] }],
      macros: [{ macro: `m${index}`, condition: `container.id != host and proc.name in (l${index})` }],
      rules: [rule(0), rule(1)],
    },
  };
}

/** Processor time of judging one edit, ms. */
function judging(): number[] {
  const judge = new Judge(buildCatalogue());
  const objects = Array.from({ length: OBJECTS }, (_, index) => setObjectOf(falcoRule(index, 0)));
  let judged: Judgement = judge.judge(objects, [], settings);
  return Array.from({ length: EDITS }, (_, edit) => {
    const index = (edit * 7) % OBJECTS;
    objects[index] = setObjectOf(falcoRule(index, edit + 1));
    const begin = process.cpuUsage();
    judged = judge.judge(objects, judged.set.objects, settings);
    const { user, system } = process.cpuUsage(begin);
    return (user + system) / 1000;
  });
}

/** From the API server's answer to an edit until the index that has it is seen by a watch, ms. */
async function applying(print: QuestionContext["print"]): Promise<number[]> {
  const plane = await ControlPlane.start(context);
  try {
    for (const name of [namespace, "team"])
      await plane.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
    for (const file of readdirSync(`${root}crds`))
      await plane.apply(readFileSync(`${root}crds/${file}`, "utf8"));
    await plane.kubectl(["wait", "--for=condition=Established", "crd", "--all"]);
    let seen = (): void => {};
    let changes = 0;
    const operator = await runController({ cluster: plane, namespace }, (given) => {
      const index = given.informers.open({
        resource: { group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true },
        namespace,
        fieldSelector: "metadata.name=tiercel-rules",
        project: ({ metadata }) => metadata.resourceVersion,
      });
      index.onChange(() => {
        changes++;
        seen();
      });
      return falcoRuleControllers(given, settings);
    });
    const { client } = operator;
    for (let index = 0; index < OBJECTS; index++) await client.apply(falcoRule(index, 0));
    const settled = () => new Promise((resolve) => setTimeout(resolve, 3000));
    await settled();
    print(`  ${OBJECTS} objects made; ${changes} indexes for them`);
    const times: number[] = [];
    for (let edit = 0; edit < EDITS; edit++) {
      let at = 0;
      const changed = new Promise<void>((resolve) => {
        seen = () => {
          at = performance.now();
          resolve();
        };
      });
      await client.apply(falcoRule((edit * 7) % OBJECTS, edit + 1));
      const answered = performance.now();
      await changed;
      times.push(Math.max(0, at - answered));
      // As people edit: one after the other, each when the one before is in force.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await operator.stop();
    return times;
  } finally {
    await plane.stop();
  }
}

const ms = (values: readonly number[], share: number) => `${quantile(values, share).toFixed(0)} ms`;

export const ruleSets: Question = {
  name: "rule-sets",
  asks: `How long does an edit of one of ${OBJECTS} FalcoRules take until the index has it?`,
  async ask({ print }): Promise<readonly Figure[]> {
    const judged = judging();
    const applied = await applying(print);
    const most = quantile(applied, 0.99);
    return [
      { name: "judging an edit, processor time, p50", value: ms(judged, 0.5), aim: "" },
      { name: "judging an edit, processor time, p99", value: ms(judged, 0.99), aim: "" },
      { name: "answer of the API server to changed index, p50", value: ms(applied, 0.5), aim: "" },
      {
        name: "answer of the API server to changed index, p99",
        value: ms(applied, 0.99),
        aim: "< 300 ms",
        met: most < 300,
      },
    ];
  },
};
