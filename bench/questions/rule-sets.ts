/** How long an edit of one FalcoRule among 300 takes until agents can see it. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
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
/** Milliseconds without a write after which an edit has had its effect. */
const QUIET = 500;

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

/** What one edit came to. */
interface Applied {
  /** From kubectl's end until the index that has it is seen by a watch, ms; 0 where that was before. */
  readonly delay: number;
  /** What the operator wrote for it, counted by kind. */
  readonly writes: Readonly<Record<"index" | "shard" | "status" | "other", number>>;
}

/** Counts writes as `runController` words them. Earlier sets' shards that are collected meanwhile are no edit's. */
function counted(writes: readonly string[]): Applied["writes"] {
  const counts = { index: 0, shard: 0, status: 0, other: 0 };
  for (const write of writes) {
    if (write === "apply ConfigMap tiercel-rules") counts.index++;
    else if (write.startsWith("create ConfigMap tiercel-rules-")) counts.shard++;
    else if (write.startsWith("status FalcoRule ")) counts.status++;
    else if (!write.startsWith("delete ConfigMap tiercel-rules-")) counts.other++;
  }
  return counts;
}

/** Edits one object after the other by kubectl, as people do: each when the one before has had all its effect. */
async function applying(print: QuestionContext["print"]): Promise<readonly Applied[]> {
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
    const quiet = async (): Promise<string[]> => {
      const writes: string[] = [];
      for (let since = performance.now(); performance.now() - since < QUIET;) {
        await sleep(50);
        const more = operator.writes();
        if (more.length > 0) since = performance.now();
        writes.push(...more);
      }
      return writes;
    };
    for (let index = 0; index < OBJECTS; index++) await operator.client.apply(falcoRule(index, 0));
    await quiet();
    print(`  ${OBJECTS} objects made; ${changes} indexes for them`);
    // kubectl keeps what the API offers on its disk: the first one asks for it.
    await plane.apply(falcoRule(0, 0));
    await quiet();
    const applied: Applied[] = [];
    for (let edit = 0; edit < EDITS; edit++) {
      let at = 0;
      const changed = new Promise<void>((resolve) => {
        seen = () => {
          at ||= performance.now();
          resolve();
        };
      });
      await plane.apply(falcoRule((edit * 7) % OBJECTS, edit + 1));
      const returned = performance.now();
      await changed;
      const all = await quiet();
      const writes = counted(all);
      applied.push({ delay: Math.max(0, at - returned), writes });
      if (writes.index !== 1 || writes.shard !== 1 || writes.status !== 1 || writes.other !== 0)
        print(`  edit ${edit} of o${(edit * 7) % OBJECTS} wrote: ${all.join(", ")}`);
    }
    await operator.stop();
    return applied;
  } finally {
    await plane.stop();
  }
}

const ms = (values: readonly number[], share: number) => `${quantile(values, share).toFixed(0)} ms`;

export const ruleSets: Question = {
  name: "rule-sets",
  asks: `How long after kubectl has returned from an edit of one of ${OBJECTS} FalcoRules does the index have it, by which writes?`,
  async ask({ print }): Promise<readonly Figure[]> {
    const judged = judging();
    const applied = await applying(print);
    const delays = applied.map(({ delay }) => delay);
    const most = quantile(delays, 0.99);
    print(
      `  ${delays.length} edits: p50 ${ms(delays, 0.5)}, p99 ${ms(delays, 0.99)}, max ${ms(delays, 1)}; ` +
        `${delays.filter((delay) => delay === 0).length} had changed the index before kubectl returned`,
    );
    const writes = (kind: keyof Applied["writes"], name: string, aim: number): Figure => {
      const counts = applied.map((one) => one.writes[kind]);
      const [least, greatest] = [Math.min(...counts), Math.max(...counts)];
      const value = least === greatest ? `${least}` : `${least} to ${greatest}`;
      return { name, value, aim: `${aim}`, met: least === aim && greatest === aim };
    };
    return [
      { name: "judging an edit, processor time, p50", value: ms(judged, 0.5), aim: "" },
      { name: "judging an edit, processor time, p99", value: ms(judged, 0.99), aim: "" },
      { name: "kubectl returned to changed index, p50", value: ms(delays, 0.5), aim: "" },
      {
        name: "kubectl returned to changed index, p99",
        value: ms(delays, 0.99),
        aim: "< 300 ms",
        met: most < 300,
      },
      writes("index", "writes of an edit: the index", 1),
      writes("shard", "writes of an edit: shards (the set has one)", 1),
      writes("status", "writes of an edit: status", 1),
      writes("other", "writes of an edit: others", 0),
    ];
  },
};
