/**
 * docs/tutorial.md, word for word: its files are saved, its commands are run by bash in the order of the page, and what they
 * print is compared with what the page shows (test/support/shown.ts says what may differ). Commands that only look are run
 * again until they show it: a reader would look again, too.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sectionsOf, type Step } from "../../support/document.ts";
import { root } from "../../support/reference.ts";
import { isAsShown } from "../../support/shown.ts";
import { eventually, run } from "../../system/support/commands.ts";
import { isUp, kubectl, mustKubectl } from "./cluster.ts";
import { at } from "./layout.ts";
import { home, sharedCluster, uninstalled } from "./shared.ts";
import { inTerminal } from "./terminal.ts";

/** ms: agents tell of counts every 30 s at most, and machines are busy. */
const patience = 180_000;

type Command = Extract<Step, { kind: "command" }>;

/** Commands that change nothing and may be run again. */
const looks = /^kubectl (-n \S+ )?(get|describe|logs|wait|rollout status|auth) /;

/** Which alerts the steps of a section raise about pods of the page's namespaces: namespace, priority, rule, how often. */
const raised: Readonly<Record<string, readonly string[]>> = {
  "A shell in a pod": ["shop: Notice: Shell with a terminal in a container"],
  "Network tools": [
    "shop: Notice: Suspicious network tool in a container",
    "shop: Notice: Suspicious network tool in a container",
    "shop: Warning: Netcat that can run commands",
  ],
  "A rule of your own": ["shop: Warning: Sensitive folder of the node in a container"],
  "Rules of Falco": ["shop: Warning: Encoder run in a container"],
  "Change a rule": ["shop: Warning: Encoder run in a container"],
  "A team and its rules": ["shop: Notice: Accounts searched"],
  "Silence one workload": ["shop: Notice: Suspicious network tool in a container"],
  "Alerts to a program": [
    "shop: Notice: Shell with a terminal in a container",
    "shop: Warning: Sensitive folder of the node in a container",
  ],
};

/** What the page makes, beside the release. */
const namespaces = ["shop", "bank", "chat"];

interface Alert {
  readonly line: string;
  readonly node: string;
  readonly rule: string;
  readonly priority: string;
  readonly namespace: string;
  readonly pod: string;
}

interface Named {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: { readonly nodeName: string };
}

const pods = async (...where: readonly string[]) =>
  (JSON.parse(await mustKubectl(["get", "pods", "-o", "json", ...where])) as { items: readonly Named[] })
    .items;

/** Alerts about pods of the page in the logs of all agents that run now. */
async function alertsInLogs(): Promise<readonly Alert[]> {
  const alerts: Alert[] = [];
  for (const { metadata, spec } of await pods("-n", home, "-l", "app.kubernetes.io/component=agent")) {
    const { stdout } = await kubectl(["logs", "-n", home, metadata.name]);
    for (const line of stdout.split("\n")) {
      if (!line.startsWith("{")) continue;
      const {
        rule,
        priority,
        hostname,
        output_fields: fields,
      } = JSON.parse(line) as {
        rule?: string;
        priority: string;
        hostname: string;
        output_fields: Readonly<Record<string, string>>;
      };
      const namespace = fields?.["k8s.ns.name"];
      if (rule === undefined || namespace === undefined || !namespaces.includes(namespace)) continue;
      assert.equal(hostname, spec.nodeName, line);
      alerts.push({ line, node: hostname, rule, priority, namespace, pod: fields["k8s.pod.name"]! });
    }
  }
  return alerts;
}

describe("docs/tutorial.md", function () {
  this.timeout(900_000);
  this.bail(true);
  sharedCluster();

  const folder = mkdtempSync(join(tmpdir(), "tiercel-tutorial-"));
  const env = { ...process.env, PATH: `${at("bin")}:${process.env["PATH"]}`, NO_COLOR: "1" };
  const clean = async () => {
    await uninstalled();
    await mustKubectl(["delete", "namespace", "--ignore-not-found", "--timeout=120s", ...namespaces]);
  };
  before(async () => {
    for (const name of ["charts", "bin"]) symlinkSync(join(root, name), join(folder, name));
    await clean();
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    if (isUp()) await clean();
  });

  const differs = ({ line, text, printed }: Command, got: string, code?: number) =>
    `docs/tutorial.md:${line}: ${text}\nshows:\n${printed.join("\n")}\nprinted${code === undefined ? "" : `, exit code ${code}`}:\n${got}`;

  const runOnce = async (command: Command): Promise<{ readonly right: boolean; readonly said: string }> => {
    if (command.typed.length > 0) {
      const lines = command.typed.map(({ text }) => text);
      const answers = await inTerminal(command.text, lines, env, folder);
      const right = command.typed.every(({ printed }, index) => isAsShown(printed, answers[index]!));
      return { right, said: differs(command, answers.join("\n--\n")) };
    }
    const { stdout, code } = await run("bash", ["-c", `exec 2>&1\n${command.text}`], { env, cwd: folder });
    const fails = command.printed.some((line) => /^(no|Error .*|command terminated .*)$/.test(line));
    return {
      right: (code === 0) !== fails && isAsShown(command.printed, stdout),
      said: differs(command, stdout, code),
    };
  };

  const runStep = async (step: Step): Promise<void> => {
    if (step.kind === "file") return writeFileSync(join(folder, step.name), step.text);
    let last = "";
    const look = async () => {
      const { right, said } = await runOnce(step);
      last = said;
      return right ? true : undefined;
    };
    if (!looks.test(step.text)) assert.ok(await look(), last);
    else await eventually("", look, patience).catch(() => assert.fail(`not within ${patience} ms: ${last}`));
  };

  let earlier: readonly Alert[] = [];
  for (const { title, steps } of sectionsOf(readFileSync(`${root}docs/tutorial.md`, "utf8")))
    it(`${title}: does and shows what the page says, and raises each alert once, on the pod's node`, async () => {
      for (const step of steps) await runStep(step);
      const known = new Set(earlier.map(({ line }) => line));
      const wanted = [...(raised[title] ?? [])].sort();
      const fresh = async () => (await alertsInLogs()).filter(({ line }) => !known.has(line));
      const told = (alerts: readonly Alert[]) =>
        alerts.map(({ namespace, priority, rule }) => `${namespace}: ${priority}: ${rule}`).sort();
      await eventually(
        "",
        async () => ((await fresh()).length >= wanted.length ? true : undefined),
        30_000,
      ).catch(() => undefined);
      const alerts = await fresh();
      assert.deepEqual(told(alerts), wanted);
      for (const { namespace, pod, node, line } of alerts) {
        const where = (await pods("-n", namespace)).find(({ metadata }) => metadata.name === pod);
        assert.equal(node, where?.spec.nodeName, line);
      }
      earlier = await alertsInLogs();
    });
});
