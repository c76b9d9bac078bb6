import assert from "node:assert/strict";
import { judge, mostBytes, type JudgeParts } from "../../../operator/admission/judge.ts";
import {
  answerTo,
  BadReview,
  readReview,
  type AdmissionRequest,
} from "../../../operator/admission/review.ts";

const platform = "tiercel-system";
const parts: JudgeParts = {
  operatorNamespace: platform,
  review: async (object) => ({
    mistakes: object.rules === undefined ? [] : ["spec.rules[0].condition:1:1: wrong"],
    warnings: ["look out"],
  }),
  credentials: async (namespace, spec) =>
    spec.webhook === undefined ? [] : [`the credential of ${namespace} is missing`],
  hasSink: (key) => key === `${platform}/everyone` || key === "shop/own",
};

const request = (
  kind: string,
  spec: Record<string, unknown>,
  more: Partial<AdmissionRequest> = {},
): AdmissionRequest => ({
  uid: "u",
  kind,
  operation: "CREATE",
  namespace: "shop",
  name: "a",
  object: { metadata: { name: "a" }, spec },
  oldObject: undefined,
  fieldManager: "kubectl-client-side-apply",
  ...more,
});
const wrong = { rules: [{ rule: "r" }] };

describe("a request about a FalcoRule", () => {
  it("is refused for its mistakes, and shows warnings all the same", async () => {
    assert.deepEqual(await judge(request("FalcoRule", wrong), parts), {
      refusal: "spec.rules[0].condition:1:1: wrong",
      warnings: ["look out"],
    });
  });

  it("is let through where the spec stays as it is, however wrong", async () => {
    const oldObject = { spec: wrong };
    assert.deepEqual(await judge(request("FalcoRule", { ...wrong }, { oldObject }), parts), { warnings: [] });
    const changed = { spec: { ...wrong, order: 3 } };
    assert.ok(
      (await judge(request("FalcoRule", wrong, { oldObject: changed }), parts)).refusal !== undefined,
    );
  });

  it("is let through with its mistakes where the operator writes it in its own namespace, and nowhere else", async () => {
    const made = async (namespace: string, fieldManager: string) =>
      judge(request("FalcoRule", wrong, { namespace, fieldManager }), parts);
    assert.deepEqual(await made(platform, "tiercel-operator"), { warnings: ["look out"] });
    assert.ok((await made("shop", "tiercel-operator")).refusal !== undefined);
    assert.ok((await made(platform, "kubectl")).refusal !== undefined);
  });

  it("is let through where the object is going", async () => {
    const object = { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" }, spec: wrong };
    assert.deepEqual(await judge(request("FalcoRule", wrong, { object }), parts), { warnings: [] });
  });

  it("is refused above 1 MiB with what to do, and before anything is compiled", async () => {
    const large = { lists: [{ list: "l", items: ["x".repeat(mostBytes)] }] };
    const verdict = await judge(request("FalcoRule", large), {
      ...parts,
      review: () => assert.fail("it was compiled"),
    });
    assert.match(verdict.refusal!, /^spec: has 1\.0 MiB.*tiercel convert/);
  });

  it("is warned of sinks that are neither in its namespace nor in the operator's", async () => {
    const { warnings, refusal } = await judge(
      request("FalcoRule", { sinks: ["own", "everyone", "gone"] }),
      parts,
    );
    assert.equal(refusal, undefined);
    assert.deepEqual(warnings, [
      "spec.sinks[2]: there is no AlertSink gone in namespace shop or tiercel-system; until there is, its alerts do not go there",
      "look out",
    ]);
  });

  it("is let through, and told so, while nobody can check it", async () => {
    const verdict = await judge(request("FalcoRule", wrong), { ...parts, review: async () => undefined });
    assert.equal(verdict.refusal, undefined);
    assert.match(verdict.warnings[0]!, /not checked now/);
  });
});

describe("a request about an AlertSink", () => {
  for (const kind of ["stdout", "file", "syslog"])
    it(`is refused for ${kind} in a team's namespace, not in the operator's`, async () => {
      const team = await judge(request("AlertSink", { [kind]: {} }), parts);
      assert.match(team.refusal ?? "", new RegExp(`^spec\\.${kind}: only .* operator's namespace`));
      const own = await judge(request("AlertSink", { [kind]: {} }, { namespace: platform }), parts);
      assert.deepEqual(own, { warnings: [] });
    });

  it("is taken for what a team may have", async () => {
    assert.deepEqual(await judge(request("AlertSink", { slack: {} }), parts), { warnings: [] });
  });

  it("is taken though a credential is missing, which is said", async () => {
    assert.deepEqual(await judge(request("AlertSink", { webhook: {} }), parts), {
      warnings: ["the credential of shop is missing"],
    });
  });
});

describe("a review", () => {
  it("is read as the API server writes it, and answered with its uid", () => {
    const body = {
      kind: "AdmissionReview",
      request: { ...request("x", {}), kind: { group: "tiercel.dev", kind: "FalcoRule" }, oldObject: null },
    };
    const read = readReview(JSON.stringify(body));
    assert.deepEqual([read.kind, read.oldObject, read.namespace], ["FalcoRule", undefined, "shop"]);
    assert.deepEqual(answerTo(read, { warnings: [] }), {
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      response: { uid: "u", allowed: true },
    });
  });

  it("is none where the body is anything else", () => {
    for (const body of ["", "{", "null", "[]", "{}", '{"request": 1}', '{"request": {"uid": ""}}'])
      assert.throws(() => readReview(body), BadReview, body);
  });
});
