import assert from "node:assert/strict";
import { rememberingReaders } from "../../../agent/engine/remembering-readers.ts";
import { isScoped, scopeTest } from "../../../agent/engine/scope.ts";
import { syscallAccess } from "../../../agent/engine/syscall-access.ts";
import type { SyscallContext } from "../../../agent/fields/context.ts";
import { readersOf } from "../../../agent/fields/index.ts";
import type { RulePlan } from "../../../agent/rules/plan.ts";
import { hostContainer, unknownContainer } from "../../../agent/state/container-id.ts";
import type { Container } from "../../../agent/state/types.ts";
import { raising } from "../../support/audit-rules.ts";
import { containerFacts, podFacts, sandbox } from "../state/container-samples.ts";

type Scope = Pick<RulePlan, "onlyNamespace" | "selector">;

const place = { id: "web", type: "containerd", cgroupPath: "/k8s.io/web" };
const ofPod = containerFacts({ id: "web", pod: sandbox });
const ns = { name: "shop", uid: "1", labels: [["team", "a"]] as const };

/** What is known of the container that an event comes from; pods are shop/web-0 with the label app=web. */
const containers = {
  host: hostContainer,
  unknown: unknownContainer,
  "not named yet": { ...place, waiting: true },
  "of no pod": { ...place, facts: containerFacts({ id: "web" }) },
  "of a pod": { ...place, facts: ofPod },
  "of a pod that the API knows": {
    ...place,
    facts: ofPod,
    pod: podFacts({ labels: [["app", "db"]], ns }),
  },
} as const satisfies Record<string, Container>;
type From = keyof typeof containers;

const { place: access } = syscallAccess(rememberingReaders(readersOf(new Map())), "node", "both");

function holds(scope: Scope, from: From | "no process"): boolean {
  const process = from === "no process" ? undefined : { container: containers[from] };
  return scopeTest(scope, access).test({ process } as unknown as SyscallContext);
}

describe("where a rule applies", () => {
  const web = { matchLabels: { app: "web" } };
  const notWeb = {
    matchExpressions: [{ key: "app", operator: "NotIn" as const, values: ["web"] }],
  };
  const cases: readonly { name: string; scope: Scope; holds: readonly From[] }[] = [
    {
      name: "a team's rule: its own namespace's pods",
      scope: { onlyNamespace: "shop" },
      holds: ["of a pod", "of a pod that the API knows"],
    },
    { name: "a team's rule: nothing of another namespace", scope: { onlyNamespace: "bank" }, holds: [] },
    { name: "the namespace of nothing", scope: { onlyNamespace: "" }, holds: [] },
    {
      name: "namespaces by name",
      scope: { selector: { namespaces: ["bank", "shop"] } },
      holds: ["of a pod", "of a pod that the API knows"],
    },
    {
      name: "namespaces by name, whatever their selector would say",
      scope: { selector: { namespaces: ["shop"], namespaceSelector: { matchLabels: { no: "such" } } } },
      holds: ["of a pod", "of a pod that the API knows"],
    },
    { name: "no namespace at all", scope: { selector: { namespaces: [] } }, holds: [] },
    {
      name: "pods by label, the API's word before the runtime's",
      scope: { selector: { podSelector: web } },
      holds: ["of a pod"],
    },
    {
      name: "pods without a label are pods",
      scope: { selector: { podSelector: notWeb } },
      holds: ["of a pod that the API knows"],
    },
    {
      name: "any pod",
      scope: { selector: { podSelector: {} } },
      holds: ["of a pod", "of a pod that the API knows"],
    },
    {
      name: "labels of the namespace, which the API alone knows",
      scope: { selector: { namespaceSelector: { matchLabels: { team: "a" } } } },
      holds: ["of a pod that the API knows"],
    },
    {
      name: "all parts must hold",
      scope: { onlyNamespace: "shop", selector: { namespaces: ["bank"], podSelector: {} } },
      holds: [],
    },
    {
      name: "a node selector that nobody has settled",
      scope: { selector: { nodeSelector: {} } },
      holds: [],
    },
  ];
  for (const { name, scope, holds: want } of cases)
    it(name, () => {
      const got = [...(Object.keys(containers) as From[]), "no process" as const].filter((from) =>
        holds(scope, from),
      );
      assert.deepEqual(got, want);
      assert.equal(isScoped(scope), true);
    });

  it("is everywhere without parts", () => {
    for (const scope of [{}, { selector: {} }]) {
      assert.equal(isScoped(scope), false);
      assert.equal(holds(scope, "host"), true);
    }
  });
});

describe("where a rule of the source k8s_audit applies", () => {
  const rule = `
- rule: Any
  desc: d
  source: k8s_audit
  priority: NOTICE
  condition: ka.verb = create
  output: x
`;
  const request = (objectRef: Record<string, unknown>) => ({
    verb: "create",
    uri: "/api/v1/x",
    objectRef: { resource: "pods", apiVersion: "v1", ...objectRef },
  });
  const cases: readonly (readonly [string, Scope, Record<string, unknown>, boolean])[] = [
    ["a team's rule: its own namespace's objects", { onlyNamespace: "shop" }, { namespace: "shop" }, true],
    ["a team's rule: nothing of another's", { onlyNamespace: "shop" }, { namespace: "bank" }, false],
    ["a team's rule: nothing of no namespace", { onlyNamespace: "shop" }, { name: "shop" }, false],
    ["the namespace of nothing", { onlyNamespace: "" }, { namespace: "" }, false],
    ["namespaces by name", { selector: { namespaces: ["shop"] } }, { namespace: "shop" }, true],
    ["a pod selector: events are of no pod", { selector: { podSelector: {} } }, { namespace: "shop" }, false],
    [
      "a namespace selector: labels are not known",
      { selector: { namespaceSelector: {} } },
      { namespace: "shop" },
      false,
    ],
    [
      "a node selector: events are of no node",
      { selector: { nodeSelector: {} } },
      { namespace: "shop" },
      false,
    ],
  ];
  for (const [name, scope, objectRef, want] of cases)
    it(name, () => {
      const { raise } = raising([rule], scope);
      assert.deepEqual(raise(request(objectRef)), want ? ["Any"] : []);
    });
});
