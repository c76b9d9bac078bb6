import assert from "node:assert/strict";
import { containerFacts, sandbox } from "../../state/container-samples.ts";
import { execRecord, exitRecord, forkRecord, record, type Header } from "../../state/records.ts";
import { BOOT, madePipeline, type Scope } from "./made-pipeline.ts";

const MS = 1_000_000n;
const rules = `
- rule: Opened
  desc: d
  priority: NOTICE
  condition: evt.type = openat and fd.name startswith /etc/
  output: "%fd.name %proc.name %container.image.repository"
- rule: Started
  desc: d
  priority: NOTICE
  condition: evt.type = container and container.privileged = true
  output: "%proc.name %proc.pid %container.id %thread.cap_permitted %evt.arg.json"
`;

const inside: Header = { pid: 20, start_time: 20n, ppid: 1, comm: "cat", cgroup: 2n };
const other: Header = { pid: 30, start_time: 30n, ppid: 1, comm: "sh", cgroup: 3n };
const outside: Header = { pid: 40, start_time: 40n, ppid: 1, comm: "sshd", cgroup: 1n };
const facts = containerFacts({ id: "web" });

function made(text = rules, scope: Scope = {}) {
  const paths = [
    [1n, "/"],
    [2n, "/k8s.io/web"],
    [3n, "/k8s.io/db"],
  ] as const;
  const all = madePipeline(text, paths, scope);
  const open = (who: Header, path: string, milliseconds: number) =>
    all.take(
      record(
        "openat",
        { ...who, ret: 3, time: BigInt(milliseconds) * MS },
        { 0: -100, 1: path, 2: 1, 16: "" },
      ),
    );
  const messages = () => all.alerts.splice(0).map(({ message }) => message);
  return { ...all, open, messages };
}

describe("events of a container that is not known yet", () => {
  it("wait for its name, those of others do not", () => {
    const { open, messages, input, pipeline } = made();
    open(inside, "/etc/a", 1);
    open(outside, "/etc/b", 2);
    assert.deepEqual(messages(), ["/etc/b sshd "]);
    assert.equal(pipeline.held.size, 1);
    input({ kind: "container", facts });
    assert.deepEqual(messages(), ["/etc/a cat docker.io/library/nginx"]);
    open(inside, "/etc/c", 3);
    assert.deepEqual(messages(), ["/etc/c cat docker.io/library/nginx"]);
    assert.equal(pipeline.matched, 3);
  });

  it("are not kept where no rule can match them", () => {
    const { open, pipeline } = made();
    open(inside, "/usr/lib/x.so", 1);
    assert.equal(pipeline.held.size, 0);
    assert.equal(pipeline.held.waiting, 0);
  });

  it("wait 250 ms by the time of any event, then are tried unnamed, and say so", () => {
    const { open, alerts, messages, input, pipeline } = made();
    open(inside, "/etc/a", 1000);
    open(outside, "/tmp/x", 1249);
    assert.deepEqual(messages(), []);
    open(outside, "/tmp/x", 1250);
    assert.equal(alerts[0]?.time, BOOT + 1000n * MS);
    assert.deepEqual(alerts[0]?.fields.at(-1), ["container.identity", "unknown"]);
    assert.deepEqual(messages(), ["/etc/a cat <NA> container_identity=unknown"]);
    open(inside, "/etc/b", 1251);
    assert.deepEqual(
      messages(),
      ["/etc/b cat <NA> container_identity=unknown"],
      "it is not waited for again",
    );
    input({ kind: "container", facts });
    open(inside, "/etc/c", 1252);
    assert.deepEqual(messages(), ["/etc/c cat docker.io/library/nginx"]);
    assert.equal(pipeline.held.counters.heldTimeouts, 1);
  });

  it("wait no longer where a quiet node is told the time", () => {
    const { open, messages, input } = made();
    open(inside, "/etc/a", 1000);
    input({ kind: "time", now: 1249n * MS });
    assert.deepEqual(messages(), []);
    input({ kind: "time", now: 1250n * MS });
    assert.deepEqual(messages(), ["/etc/a cat <NA> container_identity=unknown"]);
  });

  it("are tried at once where the runtimes do not know it", () => {
    const { open, messages, input } = made();
    open(inside, "/etc/a", 1);
    input({ kind: "containerUnknown", id: "db" });
    assert.deepEqual(messages(), []);
    input({ kind: "containerUnknown", id: "web" });
    assert.deepEqual(messages(), ["/etc/a cat <NA> container_identity=unknown"]);
  });

  it("are at most 4,096: the container with most of them is given up, not another", () => {
    const { open, messages, input, pipeline } = made();
    open(other, "/etc/other", 1);
    for (let i = 0; i < 4096; i++) open(inside, `/etc/${i}`, 1);
    const first = messages();
    assert.equal(first.length, 4096);
    assert.equal(first[0], "/etc/0 cat <NA> container_identity=unknown");
    assert.equal(first.at(-1), "/etc/4095 cat <NA> container_identity=unknown");
    assert.equal(pipeline.held.counters.heldOverflows, 1);
    input({ kind: "container", facts: containerFacts({ id: "db", imageRepository: "redis" }) });
    assert.deepEqual(messages(), ["/etc/other sh redis"]);
  });

  it("are at most 16 MiB", () => {
    const { open, messages, pipeline } = made();
    for (let i = 0; i < 700; i++) open(inside, `/etc/${"x".repeat(30_000)}`, 1);
    assert.equal(messages().length > 500, true);
    assert.equal(pipeline.held.counters.heldOverflows, 1);
  });

  it("are tried by the rules of their moment", () => {
    const { open, messages, input, pipeline } = made();
    open(inside, "/etc/a", 1);
    pipeline.engine = made(
      "- {rule: x, desc: d, condition: evt.type = kill, output: x, priority: INFO}",
    ).pipeline.engine;
    input({ kind: "container", facts });
    assert.deepEqual(messages(), ["/etc/a cat docker.io/library/nginx"]);
  });
});

describe("events that rules with a scope wait for", () => {
  const plain = `
- {rule: Opened, desc: d, priority: NOTICE, condition: evt.type = openat and fd.name startswith /etc/, output: "%fd.name"}`;
  const scopes: readonly (readonly [string, Scope])[] = [
    ["a team's namespace", { onlyNamespace: "shop" }],
    ["namespaces by name", { selector: { namespaces: ["shop"] } }],
    ["pods by label", { selector: { podSelector: { matchLabels: { app: "web" } } } }],
  ];
  const own = containerFacts({ id: "web", pod: sandbox });
  for (const [name, scope] of scopes) {
    it(`${name}: match when their pod is known, and are not kept where the condition fails`, () => {
      const { open, messages, input, pipeline } = made(plain, scope);
      open(inside, "/usr/x", 1);
      assert.equal(pipeline.held.size, 0);
      open(inside, "/etc/a", 2);
      assert.deepEqual(messages(), []);
      assert.equal(pipeline.held.size, 1);
      input({ kind: "container", facts: own });
      assert.deepEqual(messages().map(withoutSuggested), ["/etc/a"]);
    });

    it(`${name}: do not match where the pod is another or stays unknown, and the host's never`, () => {
      const { open, messages, input, pipeline } = made(plain, scope);
      open(outside, "/etc/host", 1);
      assert.equal(pipeline.held.size, 0);
      open(inside, "/etc/a", 2);
      open(other, "/etc/b", 2);
      const pod = { ...sandbox, namespace: "bank", labels: [["app", "db"]] as const };
      input({ kind: "container", facts: { ...own, pod } });
      input({ kind: "time", now: 2000n * MS });
      assert.equal(pipeline.held.size, 0);
      assert.deepEqual(messages(), []);
    });
  }
  const withoutSuggested = (message: string) => message.split(" ")[0];
});

describe("the event of a container", () => {
  const privileged = {
    ...facts,
    privileged: true,
    env: ["SECRET=é"],
    labels: [["a", "b"]] as const,
    pod: sandbox,
  };
  const start = (take: ReturnType<typeof made>["take"]) => {
    take(
      execRecord({ ...outside, pid: 1, start_time: 1n, comm: "systemd", cgroup: 1n }, "/sbin/init", ["init"]),
    );
    take(
      forkRecord(
        { ...outside, pid: 1, start_time: 1n, comm: "systemd" },
        { pid: 20, start: 20n, cgroup: 2n },
      ),
    );
    take(execRecord({ ...inside, cap_permitted: 0x20n, time: 7n * MS }, "/bin/cat", ["cat"]));
  };

  it("comes once, with its first process, its facts as JSON, and the time", () => {
    const { take, messages, alerts, input } = made();
    start(take);
    take(forkRecord(inside, { pid: 21, start: 21n, cgroup: 2n }));
    assert.deepEqual(messages(), []);
    input({ kind: "container", facts: privileged });
    assert.equal(alerts[0]?.time, BOOT + 7n * MS);
    const [message = "", ...rest] = messages();
    assert.deepEqual(rest, []);
    const [, process, json = ""] = /^(.*) (\{.*\})$/s.exec(message) ?? [];
    assert.equal(process, "cat 20 web CAP_KILL");
    const { container } = JSON.parse(json) as { container: Record<string, unknown> };
    assert.equal(container["full_id"], "web");
    assert.deepEqual(
      container["env"],
      ["SECRET=é"].map((each) => Buffer.from(each, "latin1").toString()),
    );
    assert.deepEqual(container["labels"], { a: "b" });
    input({ kind: "container", facts: privileged });
    assert.deepEqual(messages(), []);
  });

  it("waits for a process where the runtime was first, and is of none of the host's", () => {
    const { take, messages, input } = made();
    input({ kind: "container", facts: privileged });
    assert.deepEqual(messages(), []);
    start(take);
    assert.match(messages().join(), /^init|^systemd|^cat/);
  });

  it("is of the process that the runtime names, of those that are there", () => {
    const { take, alerts, input } = made();
    start(take);
    take(forkRecord(inside, { pid: 21, start: 21n, cgroup: 2n }));
    input({ kind: "container", facts: { ...privileged, pid: 21 } });
    assert.match(alerts[0]?.message ?? "", /^cat 21 web/);
  });

  it("comes for a container whose processes are gone by then", () => {
    const { take, alerts, input } = made();
    start(take);
    take(exitRecord({ ...inside, time: 8n * MS }, 1));
    input({ kind: "container", facts: privileged });
    assert.match(alerts[0]?.message ?? "", /^cat 20 web/);
  });

  it("comes when there are rules, for those that were known before", () => {
    const { take, messages, input, pipeline } = made();
    const { engine } = pipeline;
    pipeline.engine = undefined;
    start(take);
    input({ kind: "container", facts: privileged });
    assert.deepEqual(messages(), []);
    pipeline.engine = engine;
    assert.equal(messages().length, 1);
  });

  it("leaves out what does not fit into a record", () => {
    const { take, alerts, input } = made();
    start(take);
    const mounts = Array.from({ length: 100 }, (_, i) => ({
      source: `/${i}`,
      destination: "/x",
      mode: "",
      writable: true,
      propagation: "",
    }));
    input({ kind: "container", facts: { ...privileged, mounts, env: [`A=${"x".repeat(40_000)}`] } });
    const json = alerts[0]!.message.replace(/^[^{]*/, "");
    const { container } = JSON.parse(json) as { container: Record<string, unknown> };
    assert.equal("env" in container, false);
    assert.deepEqual((container["Mounts"] as unknown[]).length, 100);
  });
});
