import assert from "node:assert/strict";
import { ApiFault, statusFault, type FaultKind } from "../../../agent/kube/fault.ts";
import { ListWatch } from "../../../agent/kube/list-watch.ts";
import { defaultRetry, retryAfter, retryDelay } from "../../../agent/kube/retry.ts";

const named = (uid: string, version = "1") => ({ metadata: { uid, resourceVersion: version } });
const event = (type: string, uid: string, version: string) => ({ type, object: named(uid, version) });

function begin(refuse = new Set<string>()) {
  const copy = new Set<string>();
  let listed = 0;
  const machine = new ListWatch(
    {
      put: (uid) => {
        if (refuse.has(uid)) return false;
        copy.add(uid);
        return true;
      },
      remove: (uid) => assert.ok(copy.delete(uid)),
      listed: () => listed++,
    },
    { limit: 2, retry: defaultRetry, random: () => 0.5 },
  );
  const list = (uids: readonly string[], metadata: object) => {
    for (const uid of uids) machine.item(named(uid));
    machine.page({ metadata });
  };
  return { machine, copy, list, listed: () => listed };
}

const fault = (kind: FaultKind) => new ApiFault(kind, kind);

describe("list and watch", () => {
  it("lists from the server's cache, page by page, and watches from the list's version", () => {
    const { machine, copy, list, listed } = begin();
    assert.deepEqual(machine.step(0), { kind: "list", query: { limit: "2", resourceVersion: "0" } });
    list(["a", "b"], { resourceVersion: "7", continue: "more" });
    assert.deepEqual(machine.step(0), { kind: "list", query: { limit: "2", continue: "more" } });
    assert.equal(listed(), 0);
    list(["c"], { resourceVersion: "7" });
    assert.equal(listed(), 1);
    const query = { watch: "1", allowWatchBookmarks: "true", resourceVersion: "7", timeoutSeconds: "450" };
    assert.deepEqual(machine.step(0), { kind: "watch", query });
    assert.deepEqual([...copy], ["a", "b", "c"]);
  });

  it("takes events and goes on from the last version, bookmarks too", () => {
    const { machine, copy, list } = begin();
    list(["a"], { resourceVersion: "7" });
    machine.step(0);
    machine.event(event("ADDED", "b", "8"));
    machine.event(event("DELETED", "a", "9"));
    machine.event(event("MODIFIED", "b", "10"));
    machine.event({ type: "BOOKMARK", object: { metadata: { resourceVersion: "20" } } });
    assert.deepEqual([...copy], ["b"]);
    machine.ended(60_000);
    const step = machine.step(60_000);
    assert.ok(step.kind === "watch" && step.query["resourceVersion"] === "20");
  });

  it("makes up deletions when it lists anew after 410", () => {
    const { machine, copy, list } = begin();
    list(["a", "b"], { resourceVersion: "7" });
    machine.step(0);
    assert.throws(() => machine.event({ type: "ERROR", object: { code: 410, message: "too old" } }), {
      kind: "gone",
    });
    machine.fault(fault("gone"), 0);
    assert.deepEqual(machine.step(0), { kind: "wait", milliseconds: 500 });
    assert.deepEqual(machine.step(0), {
      kind: "list",
      query: { limit: "2", resourceVersion: "7", resourceVersionMatch: "NotOlderThan" },
    });
    list(["b", "c"], { resourceVersion: "30" });
    assert.deepEqual([...copy], ["b", "c"]);
  });

  it("asks the storage where the cache does not have what it saw, and only then", () => {
    const { machine, list } = begin();
    list([], { resourceVersion: "7" });
    machine.step(0);
    machine.fault(fault("gone"), 0);
    machine.step(0);
    machine.fault(fault("network"), 0);
    machine.step(0);
    const step = machine.step(0);
    assert.ok(step.kind === "list" && step.query["resourceVersion"] === "7");
    machine.fault(fault("gone"), 0);
    machine.step(0);
    assert.deepEqual(machine.step(0), { kind: "list", query: { limit: "2" } });
    list([], { resourceVersion: "5" });
    const watch = machine.step(0);
    assert.ok(watch.kind === "watch" && watch.query["resourceVersion"] === "5");
  });

  it("begins a paged list anew with longer pages when its token is gone, and loses no deletion", () => {
    const { machine, copy, list } = begin();
    list(["a", "b", "c"], { resourceVersion: "7" });
    machine.step(0);
    machine.fault(fault("gone"), 0);
    machine.step(0);
    list(["a", "b"], { resourceVersion: "9", continue: "x" });
    machine.fault(fault("gone"), 0);
    machine.step(0);
    const step = machine.step(0);
    assert.ok(step.kind === "list" && step.query["limit"] === "8" && step.query["continue"] === undefined);
    list(["b"], { resourceVersion: "10" });
    assert.deepEqual([...copy], ["b"]);
  });

  it("asks for the same page again after a passing fault", () => {
    const { machine, list } = begin();
    list(["a"], { resourceVersion: "7", continue: "x" });
    machine.fault(fault("server"), 0);
    machine.step(0);
    assert.deepEqual(machine.step(0), { kind: "list", query: { limit: "2", continue: "x" } });
  });

  it("lists anew after nonsense, which it cannot step over otherwise", () => {
    for (const bad of [
      {},
      null,
      [],
      event("ADDED", "", "8"),
      event("ADDED", "a", ""),
      event("NEW", "a", "8"),
    ]) {
      const { machine, list } = begin();
      list([], { resourceVersion: "7" });
      machine.step(0);
      assert.throws(() => machine.event(bad), { kind: "nonsense" });
      machine.fault(fault("nonsense"), 0);
      machine.step(0);
      assert.equal(machine.step(0).kind, "list");
    }
    assert.throws(() => begin().machine.page({ metadata: {} }), { kind: "nonsense" });
  });

  it("ends a list that does not end", () => {
    const { machine } = begin();
    const page = () => machine.page({ metadata: { resourceVersion: "1", continue: "x" } });
    for (let i = 0; i < 10_000; i++) page();
    assert.throws(page, /does not end/);
  });

  it("has not what its keeper refuses", () => {
    const refuse = new Set<string>();
    const { machine, copy, list } = begin(refuse);
    list(["a"], { resourceVersion: "7" });
    machine.step(0);
    refuse.add("a").add("b");
    machine.event(event("ADDED", "b", "8"));
    machine.event(event("MODIFIED", "a", "9"));
    machine.event(event("DELETED", "b", "10"));
    assert.deepEqual([...copy], []);
    assert.equal(machine.size, 0);
  });

  it("waits longer with each fault in a row, until a watch has lived a while", () => {
    const { machine, list } = begin();
    const wait = (now = 0) => {
      const step = machine.step(now);
      return step.kind === "wait" ? step.milliseconds : 0;
    };
    const waits: number[] = [];
    for (let i = 0; i < 7; i++) {
      machine.fault(fault("network"), 0);
      waits.push(wait());
    }
    assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    list([], { resourceVersion: "7" });
    machine.step(1000);
    machine.fault(fault("network"), 2000);
    assert.equal(wait(), 15_000);
    machine.step(3000);
    machine.fault(fault("network"), 40_000);
    assert.equal(wait(), 500);
    machine.step(50_000);
    assert.throws(() => machine.ended(50_100), /ended at once/);
  });
});

describe("waiting after a fault", () => {
  it("adds what the server asks for, within bounds, and asks seldom what only people can mend", () => {
    const after = (seconds: number) => new ApiFault("throttled", "", { retryAfter: seconds * 1000 });
    assert.equal(
      retryDelay(after(10), 1, defaultRetry, () => 0.1),
      10_100,
    );
    assert.equal(
      retryDelay(after(1e6), 1, defaultRetry, () => 0),
      300_000,
    );
    assert.deepEqual(
      [0, 1].map((random) => retryDelay(fault("forbidden"), 9, defaultRetry, () => random)),
      [150_000, 450_000],
    );
  });

  it("reads Retry-After as seconds or date", () => {
    assert.deepEqual(
      ["7", "Thu, 01 Jan 1970 00:01:00 GMT", "soon", "-1", undefined].map((header) =>
        retryAfter(header, 50_000),
      ),
      [7000, 10_000, undefined, undefined, undefined],
    );
  });
});

describe("what an answer means", () => {
  it("follows from its status, or the code of a watch's error", () => {
    const kinds = [401, 403, 404, 408, 410, 422, 429, 500, 503].map((status) => statusFault(status, "").kind);
    assert.deepEqual(kinds, [
      "unauthorized",
      "forbidden",
      "forbidden",
      "timeout",
      "gone",
      "refused",
      "throttled",
      "server",
      "server",
    ]);
    assert.equal(statusFault(500, { code: 410 }).kind, "gone");
    const causes = [{ reason: "ResourceVersionTooLarge" }];
    assert.equal(statusFault(504, { code: 504, details: { causes, retryAfterSeconds: 1 } }).kind, "gone");
    assert.equal(statusFault(429, { details: { retryAfterSeconds: 2 } }).retryAfter, 2000);
  });

  it("tells a server that has not read its roles yet from one that says no", () => {
    const no =
      'secrets is forbidden: User "a" cannot list resource "secrets" in API group "" in the namespace "b"';
    const role = 'clusterrole.rbac.authorization.k8s.io "tiercel-agent" not found';
    const kindOf = (message: string) => statusFault(403, { code: 403, message }).kind;
    assert.equal(kindOf(no), "forbidden");
    assert.equal(kindOf(`${no}: RBAC: ${role}`), "server");
    assert.equal(
      kindOf(`${no}: RBAC: [clusterrole.rbac.authorization.k8s.io "x" not found, ${role}]`),
      "server",
    );
    assert.equal(statusFault(404, { message: `RBAC: ${role}` }).kind, "forbidden");
  });

  it("keeps the server's words short and on one line", () => {
    const { message } = statusFault(403, { message: `pods is\nforbidden\u001b[31m${"x".repeat(2000)}` });
    assert.match(message, /^HTTP 403: pods is forbidden \[31mx+$/);
    assert.ok(message.length < 320);
    assert.equal(statusFault(502, null).message, "HTTP 502");
  });
});
