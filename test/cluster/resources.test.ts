/** Our kinds on a real API server without the operator: what kubectl shows, teaches, waits for and refuses. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { stringify } from "yaml";
import { convertFile } from "../../agent/cli/convert/convert-file.ts";
import { resources } from "../../operator/api/resources.ts";
import { validateResource } from "../../operator/api/validate.ts";
import { golden } from "../support/golden.ts";
import { falcoRules, root } from "../support/reference.ts";
import { catalogue } from "../support/rules.ts";
import { badManifests, type BadManifest } from "./bad-manifests.ts";
import { ControlPlane } from "./control-plane.ts";
import { examples } from "./example-objects.ts";

const apiVersion = "tiercel.dev/v1alpha1";

/** Columns apart by one bar, and ages, which pass, as AGE. */
const table = (text: string) =>
  text.replace(/ {2,}/g, " | ").replace(/(?<=\| |^)(?:\d+[smhdy])+(?= \||$)/gm, "AGE");

function manifest({ kind, spec, name = "a" }: BadManifest): object {
  const namespace = resources[kind].namespaced ? { namespace: "default" } : {};
  return { apiVersion, kind, metadata: { name, ...namespace }, ...(spec === undefined ? {} : { spec }) };
}

describe("our kinds on a real API server, without the operator", function () {
  this.timeout(300_000);
  let plane: ControlPlane;

  /** kubectl's output; it must succeed. */
  const kubectl = async (args: readonly string[], input?: string | object): Promise<string> => {
    const { code, stdout, stderr } = await plane.kubectl(args, input === undefined ? {} : { input });
    assert.equal(code, 0, `kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  };

  before(async function () {
    plane = await ControlPlane.start(this);
    const applied = await kubectl(["apply", "-f", `${root}crds/`]);
    assert.equal(applied.match(/ created$/gm)?.length, 4);
    await kubectl(["wait", "--for=condition=Established", "--timeout=60s", "-f", `${root}crds/`]);
  });
  after(() => plane?.stop());

  it("come by plain kubectl apply, and a second time change nothing", async () => {
    assert.equal((await kubectl(["apply", "-f", `${root}crds/`])).match(/ unchanged$/gm)?.length, 4);
  });

  it("are known by short names and their category, and have conditions that say so", async () => {
    const listed = await kubectl(["api-resources", "--api-group=tiercel.dev", "-o", "wide", "--no-headers"]);
    golden(
      "cluster/api-resources.txt",
      `${listed.replace(/ {2,}/g, " ").trim().split("\n").sort().join("\n")}\n`,
    );
    const schemaConditions = await kubectl([
      "get",
      "crd",
      "-o",
      'jsonpath={range .items[*]}{.metadata.name}: {.status.conditions[?(@.type=="NonStructuralSchema")].message}{"\\n"}{end}',
    ]);
    assert.equal(schemaConditions.match(/: $/gm)?.length, 4, schemaConditions);
  });

  it("are shown in columns", async () => {
    for (const { object, status } of examples()) {
      await kubectl(["create", "-f", "-"], stringify(object, { version: "1.1" }));
      const { kind, metadata } = object;
      await kubectl([
        ...["patch", resources[kind].plural, metadata.name, "--subresource=status", "--type=merge"],
        ...["-n", metadata.namespace ?? "default", "-p", JSON.stringify({ status })],
      ]);
    }
    const texts: string[] = [];
    for (const wide of [[], ["-o", "wide"]])
      for (const { plural } of Object.values(resources))
        texts.push(
          [
            `$ kubectl get ${[plural, "-A", ...wide].join(" ")}`,
            table(await kubectl(["get", plural, "-A", ...wide])),
          ].join("\n"),
        );
    golden("cluster/get.txt", texts.join("\n"));
  });

  it("are listed together by their category", async () => {
    const listed = await kubectl(["get", "tiercel", "-A", "-o", "name"]);
    assert.deepEqual(
      new Set(
        listed
          .trim()
          .split("\n")
          .map((name) => name.split("/")[0]),
      ),
      new Set(Object.values(resources).map(({ plural }) => `${plural.replace(/s$/, "")}.tiercel.dev`)),
    );
  });

  it("can be waited for", async () => {
    assert.equal(
      await kubectl(["wait", "--for=condition=Ready", "--timeout=10s", "fr/shells"]),
      "falcorule.tiercel.dev/shells condition met\n",
    );
    const { code, stderr } = await plane.kubectl([
      "wait",
      "--for=condition=Ready",
      "--timeout=1s",
      "fr/broken",
    ]);
    assert.deepEqual(
      [code, stderr],
      [1, "error: timed out waiting for the condition on falcorules/broken\n"],
    );
  });

  it("are selected by their node and state", async () => {
    const selected = await kubectl([
      "get",
      "sal",
      "-A",
      "-o",
      "name",
      "--field-selector",
      "spec.node=node-1,status.state=Open",
    ]);
    assert.equal(selected, "securityalert.tiercel.dev/terminal-shell-in-container-5f0a91c3be\n");
  });

  it("are explained by kubectl", async () => {
    const fields = [
      ...[
        "falcorule --recursive",
        "falcorule.spec",
        "falcorule.spec.rules",
        "falcorule.spec.rules.condition",
      ],
      ...["falcorule.spec.rules.priority", "falcorule.spec.rules.exceptions", "falcorule.status.conditions"],
      ...["alertsink --recursive", "alertsink.spec", "securityalert --recursive", "nodeagent --recursive"],
    ];
    const texts: string[] = [];
    for (const field of fields)
      texts.push(`$ kubectl explain ${field}\n${await kubectl(["explain", ...field.split(" ")])}`);
    golden("cluster/explain.txt", texts.join("\n"));
  });

  it("refuse mistakes with words that say where and what", async () => {
    assert.ok(badManifests.length >= 40);
    const texts: string[] = [];
    for (const bad of badManifests) {
      const { code, stderr } = await plane.kubectl(["apply", "-f", "-"], { input: manifest(bad) });
      assert.equal(code, 1, `${bad.mistake} was taken`);
      assert.notDeepEqual(validateResource(bad.kind, manifest(bad)), [], `${bad.mistake}: the code takes it`);
      const short = stderr.replace(/x{20,}/g, "xxx…").replace(/\{"apiVersion".*?\}\n/g, "…\n");
      texts.push(`# ${bad.kind}: ${bad.mistake}\n${short}`);
    }
    golden("cluster/bad-manifests.txt", texts.join("\n"));
  });

  it("keep what happened, and who an agent is", async () => {
    const cases = [
      [
        "sal/terminal-shell-in-container-5f0a91c3be",
        { spec: { output: "nothing" } },
        "what happened cannot be changed",
      ],
      ["nag/node-1", { spec: { role: "audit" } }, "which agent it is cannot be changed"],
    ] as const;
    for (const [object, patch, words] of cases) {
      const { code, stderr } = await plane.kubectl([
        "patch",
        object,
        "--type=merge",
        "-p",
        JSON.stringify(patch),
      ]);
      assert.equal(code, 1, object);
      assert.ok(stderr.includes(words), stderr);
    }
  });

  it("let people acknowledge an alert", async () => {
    const name = "sal/terminal-shell-in-container-5f0a91c3be";
    await kubectl([
      "patch",
      name,
      "--subresource=status",
      "--type=merge",
      "-p",
      '{"status":{"state":"Acknowledged"}}',
    ]);
    assert.equal(
      await kubectl(["get", name, "-o", "jsonpath={.status.state} {.status.count}"]),
      "Acknowledged 3",
    );
  });

  it("keep the digits of a time in nanoseconds", async () => {
    const name = "sal/terminal-shell-in-container-5f0a91c3be";
    assert.equal(
      await kubectl(["get", name, "-o", "jsonpath={.spec.outputFields.evt\\.time}"]),
      "1764140400123456789",
    );
  });

  it("take all public rule files as tiercel convert makes them, by plain apply", async function () {
    const folder = falcoRules(this);
    let taken = 0;
    for (const place of ["falco-rules", "user-rules"])
      for (const file of readdirSync(`${folder}/${place}`).filter((name) => name.endsWith(".yaml"))) {
        const { documents, refused } = convertFile(
          file,
          readFileSync(`${folder}/${place}/${file}`, "utf8"),
          catalogue,
        );
        const objects = documents.filter((text) => text.includes("apiVersion: tiercel.dev/"));
        if (refused !== undefined || objects.length === 0) continue;
        await kubectl(["apply", "-f", "-"], objects.join("---\n"));
        taken += objects.length;
      }
    assert.ok(taken >= 25, `${taken} objects`);
  });

  it("take a list of 4,500 items that convert split, by plain apply", async () => {
    const items = Array.from({ length: 4500 }, (_, n) => `${n}`.padStart(120, "x"));
    const { documents } = convertFile("long.yaml", stringify([{ list: "long", items }]), catalogue);
    assert.ok(documents.length > 2);
    await kubectl(["apply", "-f", "-"], documents.join("---\n"));
  });
});
