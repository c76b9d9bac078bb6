/** The chart, rendered by Helm 3 and Helm 4. */
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import { parse, stringify } from "yaml";
import { defaultSettings } from "../../agent/cli/settings/check.ts";
import { readSettings } from "../../agent/cli/settings/read.ts";
import { golden } from "../support/golden.ts";
import { root } from "../support/reference.ts";
import { unmet } from "../support/requirements.ts";
import { run } from "../system/support/commands.ts";
import { chartFolder, helm, renderChart, type Manifest } from "./chart.ts";

const everything = ["--values", `${root}test/cluster/values/everything.yaml`];
/** The CRDs are not in golden files: that they are those of crds/ is checked by make lint. */
const noDefinitions = ["--set", "crds.enabled=false"];

const text = (manifests: readonly Manifest[]) =>
  manifests.map((manifest) => stringify(manifest, { sortMapEntries: true, lineWidth: 0 })).join("---\n");

const find = (manifests: readonly Manifest[], kind: string, name: string): Manifest => {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  if (found !== undefined) return found;
  throw new Error(
    `no ${kind} ${name} in ${manifests.map((one) => `${one.kind} ${one.metadata.name}`).join(", ")}`,
  );
};

const settingsOf = (manifests: readonly Manifest[], name: string) => {
  const { data } = find(manifests, "ConfigMap", name) as Manifest & { data: Record<string, string> };
  return parse(data["tiercel.yaml"]!) as { readonly [key: string]: unknown };
};

/** Path of promtool; skips the running test where it is missing. */
function promtool(context: Context): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? `${homedir()}/.cache`;
  return (
    [`${cache}/tiercel/promtool/bin/promtool`, "/usr/bin/promtool"].find((path) => existsSync(path)) ??
    unmet(context, "tool", "promtool is not installed; make test installs it")
  );
}

describe("the chart", function () {
  this.timeout(120_000);

  for (const [name, args] of [
    ["default", []],
    ["everything", everything],
  ] as const)
    it(`renders the same with Helm 3 and Helm 4: ${name}`, async function () {
      const [three, four] = [
        await renderChart(this, [...args, ...noDefinitions]),
        await renderChart(this, [...args, ...noDefinitions], { version: 4 }),
      ];
      assert.deepEqual(text(four), text(three));
      golden(`chart/${name}.yaml`, text(three));
    });

  it("passes helm lint --strict", async function () {
    for (const version of [3, 4] as const)
      for (const args of [[], everything]) {
        const { code, stdout, stderr } = await helm(this, version, [
          "lint",
          "--strict",
          ...args,
          chartFolder,
        ]);
        assert.equal(code, 0, stdout + stderr);
        assert.doesNotMatch(stdout, /WARNING|ERROR/);
      }
  });

  it("refuses values that it does not know, and says which", async function () {
    const refused: readonly (readonly [string, RegExp])[] = [
      ["operator.replcas=2", /at '\/operator': additional properties 'replcas' not allowed/],
      ["agents.enabled=true", /additional properties 'agents' not allowed/],
      ["agent.tolerations=all", /at '\/agent\/tolerations': got string, want array/],
      ["image.digest=sha256:0", /at '\/image\/digest': 'sha256:0' does not match pattern/],
      ["priority=high", /at '\/priority': value must be one of/],
      ["rules[0].disable.name=x", /at '\/rules\/0\/disable': additional properties 'name' not allowed/],
      ["customRules.mine=x", /at '\/customRules': invalid propertyName 'mine'|does not match pattern/],
      ["audit.replicas=0", /at '\/audit\/replicas': minimum: got 0, want 1/],
    ];
    for (const version of [3, 4] as const)
      for (const [value, message] of refused) {
        const { code, stderr } = await helm(this, version, ["template", "t", chartFolder, "--set", value]);
        assert.equal(code, 1, value);
        assert.match(stderr, message);
      }
  });

  it("has the CRDs, kept and upgraded, or not at all", async function () {
    const kept = (await renderChart(this)).filter(({ kind }) => kind === "CustomResourceDefinition");
    assert.deepEqual(
      kept.map(({ metadata }) => [metadata.name, metadata.annotations?.["helm.sh/resource-policy"]]),
      ["alertsinks", "falcorules", "nodeagents", "securityalerts"].map((name) => [
        `${name}.tiercel.dev`,
        "keep",
      ]),
    );
    const gone = (await renderChart(this, ["--set", "crds.keep=false"])).find(
      ({ kind }) => kind === "CustomResourceDefinition",
    );
    assert.equal(gone!.metadata.annotations, undefined);
    const none = await renderChart(this, noDefinitions);
    assert.ok(!none.some(({ kind }) => kind === "CustomResourceDefinition"));
  });

  it("makes agents' alerts JSON, as their log is, unless a value says otherwise", async function () {
    assert.equal(settingsOf(await renderChart(this, noDefinitions), "tiercel")["json_output"], true);
    const text = await renderChart(this, [...noDefinitions, "--set", "settings.json_output=false"]);
    assert.equal(settingsOf(text, "tiercel")["json_output"], false);
  });

  it("hands its values to the operator as settings, and those under `settings` go over them", async function () {
    const settings = settingsOf(await renderChart(this, [...everything, ...noDefinitions]), "guard");
    assert.deepEqual(settings["alerts"], { burst: 2_000_000 });
    assert.deepEqual(settings["kubernetes"], { pod_metadata: "cri" });
    const { agent, name, namespace, default_rules } = settings["operator"] as {
      agent: Record<string, unknown>;
    } & Record<string, unknown>;
    assert.deepEqual([name, namespace, default_rules], ["guard", "tiercel-system", { enabled: false }]);
    assert.equal(agent["max_unavailable"], 3);
    assert.deepEqual(agent["resources"], {
      requests: { cpu: "0.25", memory: "256Mi" },
      limits: { cpu: "2", memory: "1Gi" },
    });
  });

  for (const [name, args] of [
    ["default", []],
    ["everything", everything],
  ] as const)
    it(`makes settings that the operator takes: ${name}`, async function () {
      const manifests = await renderChart(this, [...args, ...noDefinitions]);
      const { data } = manifests.find(
        ({ data: held }) => held !== undefined && "tiercel.yaml" in (held as object),
      ) as unknown as { data: Record<string, string> };
      const { settings, mistakes, warnings } = readSettings({
        main: { name: "tiercel.yaml", text: data["tiercel.yaml"]!, isFile: true },
        included: [],
        overrides: [],
        environment: {},
      });
      assert.deepEqual([mistakes, warnings], [[], []]);
      const { agent, audit } = settings!.operator;
      if (name === "default")
        assert.deepEqual(
          [agent, audit],
          [defaultSettings().operator.agent, defaultSettings().operator.audit],
        );
      else
        assert.deepEqual(
          [agent.selinux_type, audit.cluster_ip, agent.max_unavailable],
          ["spc_t", "10.96.0.40", "3"],
        );
    });

  // As a dependency of another chart the Service name no longer fits.
  describe("within another chart (R65)", () => {
    let parent: string;
    before(() => {
      parent = mkdtempSync(join(tmpdir(), "tiercel-chart-"));
      mkdirSync(join(parent, "charts"));
      symlinkSync(chartFolder, join(parent, "charts", "tiercel"));
      writeFileSync(
        join(parent, "Chart.yaml"),
        stringify({
          apiVersion: "v2",
          name: "platform",
          version: "1.0.0",
          dependencies: [{ name: "tiercel", version: "0.1.0", alias: "guards" }],
        }),
      );
    });
    after(() => rmSync(parent, { recursive: true }));

    for (const [what, args, name] of [
      ["under an alias", [], "shop-guards"],
      ["with fullnameOverride", ["--set", "guards.fullnameOverride=own"], "own"],
      ["with nameOverride", ["--set", "guards.nameOverride=watch"], "shop-watch"],
    ] as const)
      it(`all find each other ${what}`, async function () {
        const manifests = await renderChart(this, args, {
          release: "shop",
          namespace: "security",
          chart: parent,
        });
        const operator = find(manifests, "Deployment", `${name}-operator`) as Manifest & {
          spec: {
            selector: { matchLabels: object };
            template: {
              metadata: { labels: Record<string, string> };
              spec: {
                serviceAccountName: string;
                containers: { ports: { name: string }[] }[];
                volumes: { configMap?: { name: string } }[];
              };
            };
          };
        };
        const { template, selector } = operator.spec;
        const service = find(manifests, "Service", `${name}-webhook`) as Manifest & {
          spec: { selector: Record<string, string>; ports: { targetPort: string }[] };
        };
        // Service and Deployment find the pods.
        for (const labels of [service.spec.selector, selector.matchLabels])
          for (const [key, value] of Object.entries(labels))
            assert.equal(template.metadata.labels[key], value);
        const ports = template.spec.containers[0]!.ports.map((port) => port.name);
        assert.ok(ports.includes(service.spec.ports[0]!.targetPort));
        // The webhook's configuration finds the Service.
        const { webhooks } = find(manifests, "ValidatingWebhookConfiguration", name) as Manifest & {
          webhooks: { clientConfig: { service: { name: string; namespace: string } } }[];
        };
        const { service: asked } = webhooks[0]!.clientConfig;
        assert.deepEqual([asked.name, asked.namespace], [service.metadata.name, "security"]);
        // The operator finds its settings, and hands the same name to the agents.
        assert.equal(template.spec.volumes[0]!.configMap!.name, name);
        const { operator: told } = settingsOf(manifests, name) as { operator: Record<string, unknown> };
        assert.deepEqual(
          [told["name"], told["namespace"], told["deployment"]],
          [name, "security", `${name}-operator`],
        );
        // Rights are given to the accounts that pods run as.
        const subjects = manifests
          .filter(({ kind }) => kind.endsWith("RoleBinding"))
          .flatMap((binding) => binding["subjects"] as { name: string; namespace: string }[]);
        assert.deepEqual(
          [...new Set(subjects.map((subject) => `${subject.namespace}/${subject.name}`))].sort(),
          [`security/${name}-agent`, `security/${name}-operator`],
        );
        assert.equal(template.spec.serviceAccountName, `${name}-operator`);
        assert.match(JSON.stringify(manifests), new RegExp(`system:serviceaccount:security:${name}-agent`));
        // Nothing has a name of its own making.
        for (const { kind, metadata } of manifests)
          if (kind !== "CustomResourceDefinition") assert.match(metadata.name, new RegExp(`^${name}(-|$)`));
      });
  });

  it("finds its pods by labels that no value, no name of a release and no version changes (R63)", async function () {
    const labels = (manifests: readonly Manifest[]) =>
      manifests.flatMap(({ kind, spec }) => {
        const { selector } = (spec ?? {}) as { selector?: Record<string, unknown> };
        return selector === undefined ? [] : [[kind, selector["matchLabels"] ?? selector]];
      });
    const same = ["--set", "fullnameOverride=guard", ...noDefinitions];
    const plain = await renderChart(this, ["--set", "audit.enabled=true", ...same]);
    const other = await renderChart(this, [...everything, ...same], { release: "x" });
    const of = (kind: string, manifests: readonly Manifest[]) =>
      labels(manifests).filter(([one]) => one === kind);
    for (const kind of ["Deployment", "Service", "PodDisruptionBudget"]) {
      assert.ok(of(kind, plain).length > 0, kind);
      assert.deepEqual(of(kind, other), of(kind, plain), kind);
    }
    assert.doesNotMatch(JSON.stringify(labels(plain)), /version|chart|managed-by/);
  });

  it("has its image named as `make image` names it; a mirror stands in place of docker.io", async function () {
    const image = async (...args: string[]) => {
      const { spec } = find(await renderChart(this, args), "Deployment", "tiercel-operator") as Manifest & {
        spec: { template: { spec: { containers: { image: string }[] } } };
      };
      return spec.template.spec.containers[0]!.image;
    };
    const script = readFileSync(`${root}scripts/image.sh`, "utf8");
    const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { version: string };
    assert.equal(await image(), `${/^name=(.+)$/m.exec(script)![1]}:${version}`);
    assert.equal(
      await image("--set", "image.registry=mirror.example.com"),
      `mirror.example.com/tiercel/tiercel:${version}`,
    );
  });

  it("asks agents for metrics over HTTPS where they serve them so, and the operator over HTTP", async function () {
    const endpoint = async (component: string, ...args: string[]) => {
      const on = ["--set", "monitoring.serviceMonitor.enabled=true", ...args];
      const { spec } = find(
        await renderChart(this, on),
        "ServiceMonitor",
        `tiercel-${component}`,
      ) as Manifest & {
        spec: { endpoints: object[] };
      };
      return spec.endpoints[0];
    };
    const secret = ["--set", "agent.webSecret=web,monitoring.serviceMonitor.agentTLS.serverName=agents"];
    const plain = { port: "metrics", interval: "30s" };
    assert.deepEqual(await endpoint("agent"), plain);
    const https = { ...plain, scheme: "https" };
    assert.deepEqual(await endpoint("agent", ...secret), { ...https, tlsConfig: { serverName: "agents" } });
    assert.deepEqual(await endpoint("agent", "--set", "settings.webserver.ssl_enabled=true"), https);
    assert.deepEqual(await endpoint("operator", ...secret), plain);
  });

  it("lets cert-manager make certificates, from an issuer of the chart or of the cluster", async function () {
    const on = [
      "--set",
      "certManager.enabled=true,audit.enabled=true,audit.clusterIP=10.96.0.40",
      ...noDefinitions,
    ];
    const manifests = await renderChart(this, on);
    interface Certificate extends Manifest {
      readonly spec: Readonly<Record<string, unknown>> & { readonly secretName: string };
    }
    const certificates = (all: readonly Manifest[]) =>
      all.filter(({ kind }) => kind === "Certificate") as Certificate[];
    assert.deepEqual(
      certificates(manifests).map(({ metadata, spec }) => [
        metadata.name,
        spec.secretName,
        spec["ipAddresses"],
      ]),
      [
        ["tiercel-audit", "tiercel-audit-certificate", ["10.96.0.40"]],
        ["tiercel-authority", "tiercel-authority-certificate", undefined],
        ["tiercel-webhook", "tiercel-webhook-certificate", undefined],
      ],
    );
    const issuers = manifests.filter(({ kind }) => kind === "Issuer").map(({ metadata }) => metadata.name);
    assert.deepEqual(issuers, ["tiercel-certificates", "tiercel-self-signed"]);
    const { annotations } = find(manifests, "ValidatingWebhookConfiguration", "tiercel").metadata;
    assert.equal(annotations!["cert-manager.io/inject-ca-from"], "tiercel-system/tiercel-webhook");
    const { operator } = settingsOf(manifests, "tiercel") as { operator: Record<string, unknown> };
    assert.equal(operator["webhook_tls_secret"], "tiercel-webhook-certificate");
    assert.equal((operator["audit"] as Record<string, unknown>)["tls_secret"], "tiercel-audit-certificate");
    const { rules } = find(manifests, "ClusterRole", "tiercel-operator") as Manifest & { rules: object[] };
    assert.doesNotMatch(JSON.stringify(rules), /validatingwebhookconfigurations/);
    const names = ["tiercel-webhook.tiercel-system.svc", "tiercel-webhook.tiercel-system.svc.cluster.local"];
    assert.deepEqual(find(manifests, "Certificate", "tiercel-webhook")["spec"], {
      secretName: "tiercel-webhook-certificate",
      dnsNames: names,
      usages: ["digital signature", "server auth"],
      privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
      issuerRef: { name: "tiercel-certificates", kind: "Issuer", group: "cert-manager.io" },
    });

    const issuer = [
      "--set",
      "certManager.issuer.name=ours,certManager.issuer.kind=ClusterIssuer,audit.tlsSecret=own",
    ];
    const other = await renderChart(this, [...on, ...issuer]);
    assert.ok(!other.some(({ kind }) => kind === "Issuer"));
    assert.deepEqual(
      certificates(other).map(({ metadata, spec }) => [metadata.name, spec["issuerRef"]]),
      [["tiercel-webhook", { name: "ours", kind: "ClusterIssuer", group: "cert-manager.io" }]],
    );
  });

  it("keeps names within the bounds of Kubernetes, however long the release's is", async function () {
    const manifests = await renderChart(this, noDefinitions, { release: "a".repeat(53) });
    for (const { metadata } of manifests) assert.ok(metadata.name.length <= 52, metadata.name);
  });

  it("asks Prometheus for metrics that there are, in rules that promtool takes", async function () {
    const manifests = await renderChart(this, [...everything, ...noDefinitions]);
    const { spec } = find(manifests, "PrometheusRule", "guard") as Manifest & { spec: object };
    const { data } = find(manifests, "ConfigMap", "guard-dashboard") as Manifest & {
      data: Record<string, string>;
    };
    const dashboard = JSON.parse(data["guard.json"]!) as { panels: { targets: { expr: string }[] }[] };
    const expressions = [
      ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
      ...(spec as { groups: { rules: { expr: string }[] }[] }).groups.flatMap(({ rules }) =>
        rules.map(({ expr }) => expr),
      ),
    ];
    const page =
      readFileSync(`${root}docs/metrics.md`, "utf8") +
      readFileSync(`${root}operator/kube/metrics.ts`, "utf8");
    const names = expressions.join(" ").match(/\b(tiercel|controller_runtime|workqueue)_\w+/g) ?? [];
    assert.ok(names.length > 12);
    for (const name of names) assert.ok(page.includes(name), name);
    assert.doesNotMatch(expressions.join(" "), /NAMESPACE/);

    const folder = mkdtempSync(join(tmpdir(), "tiercel-rules-"));
    try {
      writeFileSync(join(folder, "rules.yaml"), stringify(spec));
      const { code, stdout, stderr } = await run(promtool(this), [
        "check",
        "rules",
        join(folder, "rules.yaml"),
      ]);
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /SUCCESS: 6 rules found/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("asks the cluster nothing and makes nothing up, so that Argo CD and Flux render the same", () => {
    const folder = `${chartFolder}/templates`;
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.\w+$/.test(name),
    );
    const impure =
      /\b(lookup|rand\w*|now|uuidv4|genCA|genSignedCert|genSelfSignedCert|genPrivateKey|Capabilities)\b/;
    for (const name of files) {
      const actions = readFileSync(join(folder, name), "utf8").match(/\{\{.*?\}\}/gs) ?? [];
      for (const action of actions) assert.doesNotMatch(action, impure, name);
    }
  });
});
