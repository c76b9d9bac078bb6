/** helm install, upgrade, uninstall on a real API server: what comes, what stays, what goes. */
import assert from "node:assert/strict";
import { ControlPlane } from "./control-plane.ts";
import { chartFolder, renderChart } from "./chart.ts";
import { clusterBinary } from "./binaries.ts";
import { eventually, mustRun } from "../system/support/commands.ts";

const namespace = "tiercel-system";

for (const version of [3, 4] as const)
  describe(`the chart installed with Helm ${version}`, function () {
    this.timeout(240_000);
    let plane: ControlPlane;
    let program: string;
    before(async function () {
      program = clusterBinary(this, `helm${version}`);
      plane = await ControlPlane.start(this, { controllerManager: true });
    });
    after(() => plane?.stop());

    const helm = (...args: string[]) =>
      mustRun(program, [...args, "--namespace", namespace], { env: plane.environment() });
    const kubectl = async (...args: string[]) => {
      const { code, stdout, stderr } = await plane.kubectl(args);
      assert.equal(code, 0, stderr);
      return stdout.trim();
    };
    const names = async (kind: string) => {
      const text = await kubectl("get", kind, "-A", "-o", "jsonpath={.items[*].metadata.name}");
      return text.split(" ").filter((name) => name.includes("tiercel"));
    };
    const caBundle = () =>
      kubectl(
        "get",
        "validatingwebhookconfiguration",
        "tiercel",
        "-o",
        "jsonpath={.webhooks[0].clientConfig.caBundle}",
      );
    const uid = (...args: string[]) => kubectl("get", ...args, "-o", "jsonpath={.metadata.uid}");

    it("comes, and says the next three commands", async () => {
      const { stdout } = await helm("install", "tiercel", chartFolder, "--create-namespace");
      assert.match(stdout, /kubectl label namespace tiercel-system pod-security/);
      assert.match(stdout, /rollout status daemonset\/tiercel-agent/);
      assert.deepEqual(
        await names("crd"),
        ["alertsinks", "falcorules", "nodeagents", "securityalerts"].map((n) => `${n}.tiercel.dev`),
      );
      assert.equal(
        await kubectl("get", "validatingadmissionpolicy", "tiercel-agent", "-o", "name"),
        "validatingadmissionpolicy.admissionregistration.k8s.io/tiercel-agent",
      );
    });

    it("runs in a namespace that is labelled restricted, with all that it makes itself", async () => {
      const level = "pod-security.kubernetes.io/enforce=restricted";
      const label = () => plane.kubectl(["label", "namespace", namespace, level, "--dry-run=server"]);
      const pods = () => kubectl("get", "pods", "-n", namespace, "-o", "jsonpath={.items[*].metadata.name}");
      await eventually("the operator's pod is made", async () => ((await pods()) === "" ? undefined : true));
      assert.match(await pods(), /^tiercel-operator-\S+$/);
      const { code, stderr } = await label();
      assert.deepEqual([code, stderr], [0, ""]);
      // So that the test can fail.
      const spec = { hostPID: true, containers: [{ name: "a", image: "a" }] };
      await plane.apply({ apiVersion: "v1", kind: "Pod", metadata: { name: "other", namespace }, spec });
      assert.match(
        (await label()).stderr,
        /existing pods in namespace "tiercel-system" violate[^]*other: [^]*host namespaces/,
      );
      await kubectl("delete", "pod", "other", "-n", namespace, "--force", "--grace-period=0");
    });

    it("has policies whose types are right", async () => {
      const warnings = await eventually(
        "types were checked",
        async () => {
          const { observedGeneration, typeChecking } = JSON.parse(
            (await kubectl(
              "get",
              "validatingadmissionpolicy",
              "tiercel-agent",
              "-o",
              "jsonpath={.status}",
            )) || "{}",
          ) as { observedGeneration?: number; typeChecking?: { expressionWarnings?: unknown[] } };
          return observedGeneration === undefined ? undefined : (typeChecking?.expressionWarnings ?? []);
        },
        30_000,
      );
      assert.deepEqual(warnings, []);
    });

    it("is upgraded: alerts, the webhook's CA and what people changed stay", async () => {
      // As the operator and people leave it.
      const ca = Buffer.from(plane.serverCertificate("x").ca).toString("base64");
      const { code, stderr } = await plane.kubectl(
        ["apply", "--server-side", "--field-manager=tiercel-operator", "-f", "-"],
        {
          input: {
            apiVersion: "admissionregistration.k8s.io/v1",
            kind: "ValidatingWebhookConfiguration",
            metadata: { name: "tiercel" },
            webhooks: [{ name: "objects.tiercel.dev", clientConfig: { caBundle: ca } }],
          },
        },
      );
      assert.equal(code, 0, stderr);
      const deployment = await uid("deployment", "tiercel-operator", "-n", namespace);
      const role = await uid("clusterrole", "tiercel-agent");
      const owner = (kind: string, name: string, id: string, apiVersion: string) => [
        { apiVersion, kind, name, uid: id },
      ];
      const spec = { rule: "A", priority: "Notice", source: "syscall", node: "node-1", output: "a" };
      const ours = { apiVersion: "tiercel.dev/v1alpha1" };
      const rule = { rule: "A", desc: "a", condition: "evt.type = open", output: "a", priority: "NOTICE" };
      await plane.node("node-1");
      await plane.apply([
        { ...ours, kind: "SecurityAlert", metadata: { name: "kept", namespace: "default" }, spec },
        {
          ...ours,
          kind: "FalcoRule",
          metadata: { name: "tiercel-team", namespace: "default" },
          spec: { rules: [rule] },
        },
        {
          ...ours,
          kind: "NodeAgent",
          metadata: {
            name: "node-1",
            ownerReferences: owner("ClusterRole", "tiercel-agent", role, "rbac.authorization.k8s.io/v1"),
          },
          spec: { node: "node-1", role: "node" },
        },
        {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: {
            name: "tiercel-rules",
            namespace,
            ownerReferences: owner("Deployment", "tiercel-operator", deployment, "apps/v1"),
          },
        },
      ]);
      await helm("upgrade", "tiercel", chartFolder, "--set", "operator.replicas=2,agent.maxUnavailable=3");
      assert.equal(await caBundle(), ca);
      assert.equal(await uid("deployment", "tiercel-operator", "-n", namespace), deployment);
      assert.equal(
        await kubectl("get", "securityalert", "kept", "-o", "name"),
        "securityalert.tiercel.dev/kept",
      );
      assert.match(
        await kubectl("get", "configmap", "tiercel", "-n", namespace, "-o", "yaml"),
        /max_unavailable: "3"/,
      );
    });

    it("fits the restricted level of Pod Security, all but the agents", async function () {
      const manifests = await renderChart(this);
      const operator = manifests.find(({ kind }) => kind === "Deployment") as unknown as {
        spec: { template: { metadata: object; spec: { serviceAccountName?: string } } };
      };
      const level = "pod-security.kubernetes.io/enforce=restricted";
      await kubectl("create", "namespace", "strict");
      await kubectl("label", "namespace", "strict", level);
      const { metadata, spec } = operator.spec.template;
      const pod = (more: object) => ({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { ...metadata, name: "tiercel-operator", namespace: "strict" },
        spec: { ...spec, serviceAccountName: "default", ...more },
      });
      const create = (more: object) =>
        plane.kubectl(["create", "--dry-run=server", "-f", "-"], { input: pod(more) });
      const fits = await create({});
      assert.deepEqual([fits.code, fits.stderr], [0, ""]);
      // So that the test can fail.
      const not = await create({ hostPID: true });
      assert.match(not.stderr, /violates PodSecurity "restricted:latest"/);
    });

    it("goes: rules and alerts stay, and nothing else", async () => {
      await helm("uninstall", "tiercel");
      assert.equal((await names("crd")).length, 4);
      assert.equal(
        await kubectl("get", "securityalert", "kept", "-o", "name"),
        "securityalert.tiercel.dev/kept",
      );
      await eventually(
        "what it owned is collected",
        async () => {
          const [maps, agents] = [await names("configmap"), await kubectl("get", "nodeagents", "-o", "name")];
          return maps.length === 0 && agents === "" ? true : undefined;
        },
        60_000,
      );
      for (const kind of [
        "clusterrole",
        "clusterrolebinding",
        "role",
        "rolebinding",
        "validatingwebhookconfiguration",
        "validatingadmissionpolicy",
        "validatingadmissionpolicybinding",
        "deployment",
        "service",
        "serviceaccount",
        "configmap",
      ])
        assert.deepEqual(await names(kind), [], kind);
    });

    it("comes again under another name and takes the CRDs over", async () => {
      await helm("install", "guard", chartFolder, "--take-ownership");
      assert.equal(
        await kubectl("get", "falcorule", "tiercel-team", "-o", "name"),
        "falcorule.tiercel.dev/tiercel-team",
      );
      const release = "jsonpath={.metadata.annotations.meta\\.helm\\.sh/release-name}";
      assert.equal(await kubectl("get", "crd", "falcorules.tiercel.dev", "-o", release), "guard");
      await helm("upgrade", "guard", chartFolder);
    });
  });
