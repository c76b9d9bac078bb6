/** The chart's customRules, from values to what kubectl shows, on a real API server with the chart's rights alone. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import { stringify } from "yaml";
import { eventually } from "../system/support/commands.ts";
import { renderChart, type Manifest } from "./chart.ts";
import { ControlPlane } from "./control-plane.ts";
import { home, installChart, operatorToken } from "./installed-chart.ts";
import { OperatorProcess } from "./operator-process.ts";

const rule = (name: string, condition: string) =>
  `- rule: ${name}\n  desc: d\n  condition: ${condition}\n  output: o\n  priority: NOTICE\n`;
const good = rule("Read", "evt.type = open and fd.name = ${HOME}/.ssh/id_rsa");
const values = {
  "good.yaml": good,
  "unknown-field.yaml": rule("Wrong", "evt.type = open and proc.nmae = x"),
  "no-yaml.yaml": "- rule: [\n",
};

describe("customRules of the chart", function () {
  this.timeout(240_000);
  let folder: string;
  let plane: ControlPlane;
  let operator: OperatorProcess | undefined;

  /** The settings and files of the chart with these rules files, as its pod has them. */
  const mount = async (context: Context, files: Readonly<Record<string, string>>) => {
    rmSync(folder, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), "tiercel-custom-"));
    writeFileSync(
      join(folder, "values"),
      stringify({ customRules: files, defaultRules: { enabled: false } }),
    );
    const args = ["--values", join(folder, "values")];
    const manifests = await renderChart(context, args);
    const named = (name: string) =>
      (manifests.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === name) ??
        {}) as Manifest & {
        data?: Record<string, string>;
      };
    for (const [name, text] of Object.entries(named("tiercel-custom-rules").data ?? {}))
      writeFileSync(join(folder, name), text);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith(".yaml")),
      Object.keys(files).sort(),
    );
    const { data } = named("tiercel");
    const place = Object.keys(files).length === 0 ? '""' : "/etc/tiercel-custom-rules";
    assert.match(data!["tiercel.yaml"]!, new RegExp(`\\n  custom_rules_folder: ${place}\\n`));
    writeFileSync(
      join(folder, "settings"),
      data!["tiercel.yaml"]!.replace(/custom_rules_folder: \/.*/, `custom_rules_folder: ${folder}`),
    );
  };

  const start = async (context: Context, files: Readonly<Record<string, string>>) => {
    await operator?.end();
    await mount(context, files);
    const token = await operatorToken(plane);
    operator = await OperatorProcess.start({
      kubeconfig: plane.kubeconfig({ token }),
      config: join(folder, "settings"),
      settings: { namespace: home },
    });
  };
  const kubectl = async (...args: string[]) => {
    const { code, stdout, stderr } = await plane.kubectl([...args, "-n", home]);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const names = async () =>
    (await kubectl("get", "falcorules", "-o", "jsonpath={.items[*].metadata.name}")).split(" ");
  const becomes = (what: string, want: readonly string[]) =>
    eventually(what, async () => (String(await names()) === String(want) ? true : undefined), 60_000).catch(
      async (error: unknown) => assert.fail(`${String(error)}; ${String(await names())}\n${operator!.log}`),
    );

  before(async function () {
    folder = mkdtempSync(join(tmpdir(), "tiercel-custom-"));
    plane = await ControlPlane.start(this, { controllerManager: true });
    await installChart(this, plane);
  });
  after(async function () {
    await operator?.end();
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("become FalcoRules; a wrong condition is in the object's status, with line and column", async function () {
    await start(this, values);
    await becomes("both have an object", ["tiercel-custom-good", "tiercel-custom-unknown-field"]);
    await kubectl("wait", "falcorule/tiercel-custom-good", "--for=condition=Accepted", "--timeout=60s");
    const condition = "jsonpath={.spec.rules[0].condition}";
    assert.equal(
      await kubectl("get", "falcorule", "tiercel-custom-good", "-o", condition),
      "evt.type = open and fd.name = ${HOME}/.ssh/id_rsa",
    );
    await kubectl(
      "wait",
      "falcorule/tiercel-custom-unknown-field",
      "--for=condition=Accepted=false",
      "--timeout=60s",
    );
    const message = 'jsonpath={.status.conditions[?(@.type=="Accepted")].message}';
    assert.match(
      await kubectl("get", "falcorule", "tiercel-custom-unknown-field", "-o", message),
      /spec\.rules\[0\]\.condition:1:\d+: .*proc\.nmae/,
    );
  });

  it("that are no rules files are told of in an Event of the Deployment, in the log and in metrics", async () => {
    const events = await eventually(
      "there is an Event",
      async () =>
        (await kubectl(
          "get",
          "events.events.k8s.io",
          "-o",
          "jsonpath={range .items[*]}{.type} {.reason} {.regarding.kind}/{.regarding.name} {.note}{end}",
        )) || undefined,
      60_000,
    );
    assert.match(
      events,
      /Warning CustomRulesRefused Deployment\/tiercel-operator customRules: no-yaml\.yaml:\d+:\d+: \S/,
    );
    assert.match(
      await kubectl("describe", "deployment", "tiercel-operator"),
      /CustomRulesRefused .*no-yaml\.yaml:/,
    );
    assert.match(operator!.log, /customRules: no-yaml\.yaml:\d+:\d+: /);
    assert.equal(await operator!.metric("tiercel_operator_refused_custom_rules "), 1);
  });

  it("go with their file; what a file made while it was good stays while it is not", async function () {
    await start(this, { "good.yaml": "- rule: [\n", "new.yaml": rule("New", "evt.type = open") });
    await becomes("the new one has come", ["tiercel-custom-good", "tiercel-custom-new"]);
    await start(this, { "good.yaml": `${good}\n${rule("Second", "evt.type = open")}` });
    await becomes("the new one has gone", ["tiercel-custom-good"]);
    const rules = "jsonpath={.spec.rules[*].rule}";
    await eventually("the file is good again", async () =>
      (await kubectl("get", "falcorule", "tiercel-custom-good", "-o", rules)) === "Read Second"
        ? true
        : undefined,
    );
    assert.equal(await operator!.metric("tiercel_operator_refused_custom_rules "), 0);
    await start(this, {});
    await becomes("all have gone", [""]);
  });

  it("that the API server does not take are told of as well, and keep no other back", async function () {
    await start(this, {
      "a.yaml": rule("A".repeat(300), "evt.type = open"),
      "b.yaml": rule("B", "evt.type = open"),
    });
    await becomes("the other one has come", ["tiercel-custom-b"]);
    assert.match(
      operator!.log,
      /customRules: FalcoRule tiercel-custom-a: HTTP 422: .*(?:Too long|may not be)/,
    );
    assert.equal(await operator!.metric("tiercel_operator_refused_custom_rules "), 1);
  });

  it("were refused no right meanwhile", () => {
    assert.doesNotMatch(operator!.log, /HTTP 40[13]|[Ff]orbidden/);
  });
});
