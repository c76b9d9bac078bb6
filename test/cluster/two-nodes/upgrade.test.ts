/** helm upgrade, test, uninstall and a new installation on two real nodes: who watches meanwhile, what stays, what goes. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../../support/reference.ts";
import { eventually } from "../../system/support/commands.ts";
import { imageName } from "../../system/support/image.ts";
import { helm, kubectl, mustKubectl } from "./cluster.ts";
import { agentsAreReady, home, installed, repository, sharedCluster, uninstalled } from "./shared.ts";

const values = (round: string) =>
  [
    `image.repository=${repository}`,
    "image.pullPolicy=Never",
    `agent.annotations.round=${round}`,
    "settings.report.writes_per_minute=6000",
    // Whether it answers is asked here, not how fast a busy machine is.
    "webhook.timeoutSeconds=20",
  ].flatMap((word) => ["--set", word]);
const apiVersion = "tiercel.dev/v1alpha1";
const ruleOf = (name: string, condition: string) => ({
  apiVersion,
  kind: "FalcoRule",
  metadata: { name, namespace: "default" },
  spec: {
    rules: [{ rule: "Marked program", desc: "d", condition, output: "%proc.args", priority: "WARNING" }],
  },
});
const rule = ruleOf("marked", 'evt.type in (execve, execveat) and proc.args startswith "marked-"');
const wrong = ruleOf("wrong", "evt.type = execve and proc.nmae = x");
const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "worked-on", namespace: "default" },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "a", image: imageName, imagePullPolicy: "Never", command: ["sleep", "100000"] }],
  },
};

/** What an object is known by through an upgrade. */
interface Known {
  readonly metadata: { readonly name: string; readonly uid: string; readonly generation: number };
  readonly spec: { readonly rule?: string };
}

describe("helm upgrade and uninstall on two nodes", function () {
  this.timeout(900_000);
  sharedCluster();
  const folder = mkdtempSync(join(tmpdir(), "tiercel-upgrade-"));

  const list = async (kind: string, namespace: string) =>
    (JSON.parse(await mustKubectl(["get", kind, "-n", namespace, "-o", "json"])) as { items: Known[] }).items;
  const ids = (objects: readonly Known[]) =>
    objects.map(({ metadata: { name, uid, generation } }) => `${name} ${uid} ${generation}`).sort();
  const ready = () =>
    mustKubectl(["wait", "falcorule/marked", "-n", "default", "--for=condition=Ready", "--timeout=120s"]);
  /** Runs a marked program in the pod, and waits until it is told of. */
  const alert = async (mark: string) => {
    await mustKubectl(["exec", "worked-on", "--", "/bin/true", `marked-${mark}`]);
    const last = ["get", "securityalerts", "-n", "default", "-o", "jsonpath={.items[*].status.lastOutput}"];
    await eventually(
      `marked-${mark} is told of`,
      async () => ((await mustKubectl(last)).includes(`marked-${mark}`) ? true : undefined),
      120_000,
    );
  };
  const agents = async () => {
    const own = ["-l", "app.kubernetes.io/component=agent", "-n", home];
    const round = "jsonpath={range .items[*]}{.metadata.annotations.round} {end}";
    return (await mustKubectl(["get", "pods", ...own, "-o", round])).trim();
  };

  before(async () => {
    await uninstalled();
    await helm("package", `${root}charts/tiercel`, "--version", "0.0.9", "--destination", folder);
    const old = join(folder, "tiercel-0.0.9.tgz");
    await helm("install", "tiercel", old, "-n", home, "--create-namespace", "--wait", ...values("one"));
    await agentsAreReady();
    for (const object of [rule, pod]) await mustKubectl(["apply", "-f", "-"], JSON.stringify(object));
    await mustKubectl(["wait", "pod/worked-on", "--for=condition=Ready", "--timeout=120s"]);
    await ready();
    await alert("before");
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await kubectl(["delete", "pod/worked-on", "falcorule/marked", "-n", "default", "--ignore-not-found"]);
    await kubectl(["delete", "securityalerts", "--all", "-n", "default"]);
    await uninstalled();
  });

  it("upgrades agent by agent; rules and alerts stay, and wrong rules are refused all the time (R63)", async () => {
    const alerts = await list("securityalerts", "default");
    assert.equal(alerts.filter(({ spec }) => spec.rule === "Marked program").length, 1);
    const before = { alerts: alerts.map(({ metadata }) => metadata.uid) };
    const rules = [ids(await list("falcorules", home)), ids(await list("falcorules", "default"))];

    const watch = { over: false, unavailable: 0, asked: 0, letIn: [] as string[] };
    const asking = (async () => {
      while (!watch.over) {
        const outcome = await kubectl(["apply", "--dry-run=server", "-f", "-"], JSON.stringify(wrong));
        watch.asked++;
        // One that compiles all rules at its start says that it cannot check now; it does answer.
        if (!/proc\.nmae|not checked now/.test(outcome.stderr))
          watch.letIn.push(outcome.stdout + outcome.stderr);
        await sleep(100);
      }
    })();
    const counting = (async () => {
      while (!watch.over) {
        const path = "jsonpath={.status.numberUnavailable}";
        const text = await mustKubectl(["get", "daemonset/tiercel-agent", "-n", home, "-o", path]);
        watch.unavailable = Math.max(watch.unavailable, Number(text || 0));
        await sleep(200);
      }
    })();
    await helm("upgrade", "tiercel", `${root}charts/tiercel`, "-n", home, "--wait", ...values("two"));
    await agentsAreReady();
    await eventually(
      "both agents are new",
      async () => ((await agents()) === "two two" ? true : undefined),
      120_000,
    );
    watch.over = true;
    await Promise.all([asking, counting]);

    assert.ok(watch.asked > 10, String(watch.asked));
    assert.deepEqual(watch.letIn, []);
    assert.equal(watch.unavailable, 1, "one after the other");
    assert.deepEqual([ids(await list("falcorules", home)), ids(await list("falcorules", "default"))], rules);
    const after = (await list("securityalerts", "default")).map(({ metadata }) => metadata.uid);
    for (const uid of before.alerts) assert.ok(after.includes(uid), "an alert of before is gone");
    const chart = "jsonpath={.metadata.labels.helm\\.sh/chart}";
    assert.match(
      await mustKubectl(["get", "deployment/tiercel-operator", "-n", home, "-o", chart]),
      /^tiercel-0\.1/,
    );
    await ready();
    await alert("after");
  });

  it("is content with itself: helm test", async () => {
    const { stdout } = await helm("test", "tiercel", "-n", home, "--timeout", "120s");
    assert.match(stdout, /Phase:\s+Succeeded/);
  });

  it("uninstalls: definitions, people's rules and alerts stay, and nothing else does", async () => {
    const alerts = (await list("securityalerts", "default")).map(({ metadata }) => metadata.uid).sort();
    await helm("uninstall", "tiercel", "-n", home, "--wait");
    const kinds = (await mustKubectl(["api-resources", "--verbs=list", "-o", "name"])).trim().split("\n");
    const left = async () => {
      const asked = kinds.filter((kind) => !/^(?:events|namespaces|apiservices)\b/.test(kind)).join(",");
      const text = await mustKubectl(["get", asked, "-A", "-o", "name", "--ignore-not-found"]);
      return text
        .split("\n")
        .filter(
          (name) =>
            /tiercel/.test(name) && !/^(?:securityalert|falcorule)\.tiercel\.dev\/(?!tiercel)/.test(name),
        )
        .sort();
    };
    const definitions = ["alertsinks", "falcorules", "nodeagents", "securityalerts"].map(
      (plural) => `customresourcedefinition.apiextensions.k8s.io/${plural}.tiercel.dev`,
    );
    let last: readonly string[] = [];
    await eventually(
      "what was the operator's is collected",
      async () => {
        last = await left();
        return last.length <= definitions.length ? true : undefined;
      },
      120_000,
    ).catch(() => {});
    assert.deepEqual(last, definitions);
    assert.deepEqual(
      (await list("securityalerts", "default")).map(({ metadata }) => metadata.uid).sort(),
      alerts,
    );
    assert.deepEqual(
      (await list("falcorules", "default")).map(({ metadata }) => metadata.name),
      ["marked"],
    );
  });

  it("comes again, and takes up what was left", async () => {
    const [alerted] = await list("securityalerts", "default");
    await installed("settings.report.writes_per_minute=6000");
    await ready();
    await alert("again");
    const uids = (await list("securityalerts", "default")).map(({ metadata }) => metadata.uid);
    assert.ok(uids.includes(alerted!.metadata.uid));
  });
});
