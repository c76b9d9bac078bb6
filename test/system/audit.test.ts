/** The source k8s_audit in a whole agent: events posted over real sockets, alerts read from its standard output. */
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { auditEvent, eventList, namespaceCreated } from "../support/audit-events.ts";
import { auditRuleCases } from "../support/audit-rule-cases.ts";
import { falcoRules } from "../support/reference.ts";
import { needCapture, type PrintedAlert } from "./support/agent.ts";
import { startAuditAgent, type AuditAgent } from "./support/audit-agent.ts";
import { eventually, run } from "./support/commands.ts";

const rule = (name: string, condition: string, output: string, source = "k8s_audit") =>
  `- rule: ${name}\n  desc: a test\n  condition: ${condition}\n  output: ${JSON.stringify(output)}\n  priority: WARNING\n  source: ${source}\n`;

const named = (alerts: readonly PrintedAlert[], name: string) =>
  alerts.filter((alert) => alert.rule === name);

/** MiB of the process that belong to no file. */
const anonymous = (pid: number) =>
  Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))![1]) / 1024;

describe("audit events", () => {
  let folder: string;
  let agent: AuditAgent | undefined;
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-audit-"));
  });
  after(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    await agent?.stop();
    agent = undefined;
  });

  const created = rule("created", "ka.verb = create", "user=%ka.user.name name=%ka.target.name");

  it("raise what public rules say about a hand-posted list, each rule once (R45)", async function () {
    const path = join(falcoRules(this), "falco-rules/k8s_audit_rules.yaml");
    agent = await startAuditAgent({ rules: [path] });
    assert.match(agent.log(), /ready: k8s_audit runs with 48 rules/);
    assert.equal(await agent.post(eventList([namespaceCreated("team-a")])), 200);
    const alert = await agent.alert("a namespace", ({ rule }) => rule === "K8s Namespace Created");
    assert.equal(
      alert.output.replace(/^\S+ /, ""),
      "Informational K8s Namespace Created (user=ada namespace=team-a resource=namespaces resp=201 decision=allow reason=)",
    );
    assert.equal(alert.time, "2026-11-25T09:10:11.130789000Z");
    assert.equal(await agent.stop(), 0);
    assert.equal(named(agent.alerts, "K8s Namespace Created").length, 1);
    assert.match(agent.log(), /^Events seen: 1$/m);
  });

  it("raise each public rule that users need not change first", async function () {
    const cases = auditRuleCases.filter(({ macros }) => macros === undefined);
    agent = await startAuditAgent({ rules: [join(falcoRules(this), "falco-rules/k8s_audit_rules.yaml")] });
    assert.equal(await agent.post(eventList(cases.map(({ event }) => auditEvent(event)))), 200);
    const last = cases.at(-1)!.rule;
    await agent.alert(last, ({ rule }) => rule === last);
    assert.equal(await agent.stop(), 0);
    const raised = new Set(agent.alerts.map(({ rule }) => rule));
    assert.deepEqual(
      cases.map(({ rule }) => rule).filter((rule) => !raised.has(rule)),
      [],
    );
  });

  it("have output_fields always, with the time in all its digits and null for what is missing (R47)", async () => {
    const rules = write(
      "fields.yaml",
      rule("no field", "ka.verb = create", "something was made") +
        rule("fields that are missing", "ka.verb = create", "%ka.req.pod.containers.image %ka.resp.name"),
    );
    agent = await startAuditAgent({
      rules: [rules],
      settings: { append_output: "[]" },
    });
    await agent.post(eventList([namespaceCreated("a")]));
    await agent.alert("both", ({ rule }) => rule === "fields that are missing");
    assert.equal(await agent.stop(), 0);
    const fields = (name: string) => named(agent!.alerts, name).map(({ output_fields }) => output_fields);
    // JSON.parse rounds the 19 digits; the exact text is compared in test/agent/engine/render.test.ts.
    const time = { "evt.time": Number(1_795_597_811_130_789_000n) };
    assert.deepEqual(fields("no field"), [time]);
    assert.deepEqual(fields("fields that are missing"), [
      { ...time, "ka.req.pod.containers.image": null, "ka.resp.name": null },
    ]);
  });

  it("that are too large are left out and named; their neighbours are tried, in order (R49)", async () => {
    agent = await startAuditAgent({ rules: [write("created.yaml", created)] });
    const items = Array.from({ length: 50 }, (_, number) =>
      namespaceCreated(`n${number}`, {
        number,
        ...(number === 20 && { level: "Request", requestObject: { data: "x".repeat(300 * 1024) } }),
      }),
    );
    assert.equal(await agent.post(eventList(items)), 200);
    await agent.alert("the last", ({ output }) => output.endsWith("name=n49"));
    assert.equal(await agent.stop(), 0);
    assert.deepEqual(
      named(agent.alerts, "created").map(({ output_fields }) => output_fields["ka.target.name"]),
      items.map((_, number) => `n${number}`).filter((name) => name !== "n20"),
    );
    const [left] = named(agent.alerts, "Tiercel internal: audit event drop");
    assert.equal(left?.output_fields["ka.user.name"], "ada");
    assert.equal(left.output_fields["ka.target.name"], "n20");
    assert.match(
      agent.log(),
      /^Events seen: 50\nEvents matched: 49\nEvents dropped: 1 \(event too large 1\)$/m,
    );
  });

  it("cost no memory that stays, however large the bodies are (R49)", async () => {
    agent = await startAuditAgent({ rules: [write("created.yaml", created)] });
    const { pid } = agent;
    const most = 12_582_912;
    const fill = (piece: string, bytes: number) =>
      `[${piece.repeat(Math.floor((bytes - 2) / piece.length))}0]`;
    // What takes most room once it is parsed.
    const event = `{"kind":"Event","a":${fill("[],", 262_000)}}`;
    const bodies: [body: string | Buffer, status: number][] = [
      [`[${Array(47).fill(event).join()}]`, 200],
      [`{"kind":"Event","a":${fill("[],", most - 100)}}`, 200],
      ["[".repeat(most), 400],
      [fill("0,", most), 413],
      [Buffer.alloc(most + 1, " "), 413],
    ];
    const peaks: number[] = [];
    const before = anonymous(pid);
    const watch = setInterval(() => peaks.push(anonymous(pid)), 10);
    try {
      for (let round = 0; round < 2; round++)
        for (const [body, status] of bodies) assert.equal(await agent.post(body), status);
    } finally {
      clearInterval(watch);
    }
    assert.equal(await agent.post(eventList([namespaceCreated("after")])), 200);
    await agent.alert("the next event", ({ output }) => output.endsWith("name=after"));
    const peak = Math.max(...peaks);
    // Bodies that are under way: some 12 MiB each, twice while they are put together.
    assert.ok(peak < before + 120, `${before.toFixed()} MiB before, ${peak.toFixed()} at most`);
    assert.equal(await agent.stop(), 0);
    assert.match(agent.log(), /Requests refused: \d+ \(too_large 4, malformed 2/);
  });

  it("are tried by rules one of which is given twice at the cost of one (R70)", async function () {
    const stock = join(falcoRules(this), "falco-rules/k8s_audit_rules.yaml");
    const text = readFileSync(stock, "utf8");
    const [again] = /^- rule: Create Privileged Pod\n(?: .*\n)+/m.exec(text)!;
    const memory: number[] = [];
    for (const rules of [[stock], [stock, write("again.yaml", again)]]) {
      agent = await startAuditAgent({ rules });
      assert.match(agent.log(), /ready: k8s_audit runs with 48 rules/);
      assert.equal(await agent.post(eventList([namespaceCreated("team-a")])), 200);
      memory.push(anonymous(agent.pid));
      assert.equal(await agent.stop(), 0);
    }
    const [once, twice] = memory as [number, number];
    assert.ok(twice < once + 30 && twice < 512, `${once.toFixed()} MiB, then ${twice.toFixed()}`);
  });

  it("are all tried once while rules are swapped", async () => {
    const rules = write("swapped.yaml", rule("first", "ka.verb = create", "%ka.target.name"));
    agent = await startAuditAgent({ rules: [rules], settings: { watch_config_files: "false" } });
    let sent = 0;
    let going = true;
    const posting = (async () => {
      while (going) {
        const items = Array.from({ length: 20 }, () => namespaceCreated(`n${sent++}`));
        assert.equal(await agent.post(eventList(items)), 200);
      }
    })();
    for (let round = 1; round <= 3; round++) {
      write("swapped.yaml", rule(`round ${round}`, "ka.verb = create", "%ka.target.name"));
      process.kill(agent.pid, "SIGHUP");
      await eventually(`swap ${round}`, () =>
        agent!.log().split("rules swapped").length > round ? true : undefined,
      );
    }
    going = false;
    await posting;
    assert.equal(await agent.stop(), 0);
    const matches = /^Events matched: (\d+)$/m.exec(agent.log())?.[1];
    assert.equal(Number(matches), sent);
    const names = agent.alerts.flatMap(({ output_fields }) => output_fields["ka.target.name"] ?? []);
    assert.equal(new Set(names).size, names.length, "none twice");
  });

  it("need no root, and rules of a source that is off are named once", async function () {
    const away = mkdtempSync(join(tmpdir(), "tiercel-audit-user-"));
    const rules = join(away, "rules.yaml");
    copyFileSync(
      write("two.yaml", created + rule("opened", "evt.type = openat", "%fd.name", "syscall")),
      rules,
    );
    const root = process.getuid?.() === 0;
    if (root) await run("chmod", ["-R", "a+rX", away]);
    try {
      agent = await startAuditAgent({
        rules: [rules],
        through: root ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [],
      });
      assert.match(
        agent.log(),
        /1 rule waits for the source syscall, which sources.syscall.enabled switches on/,
      );
      assert.equal(await agent.post(eventList([namespaceCreated("a")])), 200);
      await agent.alert("it", ({ rule }) => rule === "created");
      assert.equal(await agent.stop(), 0);
    } finally {
      rmSync(away, { recursive: true });
    }
  });

  it("are tried beside system calls, each source with its own rules", async function () {
    needCapture(this);
    const both =
      created +
      rule("opened", "evt.type in (open, openat) and fd.name = /etc/hostname", "%fd.name", "syscall");
    agent = await startAuditAgent({
      rules: [write("both.yaml", both)],
      settings: { "sources.syscall.enabled": "true" },
    });
    assert.match(agent.log(), /ready: syscall and k8s_audit run with 2 rules/);
    await run("cat", ["/etc/hostname"]);
    assert.equal(await agent.post(eventList([namespaceCreated("a")])), 200);
    await agent.alert("the call", ({ rule, source }) => rule === "opened" && source === "syscall");
    await agent.alert("the request", ({ rule, source }) => rule === "created" && source === "k8s_audit");
    assert.equal(await agent.stop(), 0);
    assert.match(agent.log(), /^Events seen: \d+ \(.*k8s_audit 1.*\)$/m);
  });

  it("of hostile clients are escaped where they are printed", async () => {
    agent = await startAuditAgent({ rules: [write("created.yaml", created)] });
    const username = 'e\u001b[2J\u0000\n\u009b\u202e\u007f"\\';
    const torn = `{"auditID":"x","verb":"create","user":{"username":"\\ud800\\u0000"}}`;
    const list = eventList([namespaceCreated("a", { user: { username } })]);
    assert.equal(await agent.post(list), 200);
    assert.equal(await agent.post(`[${torn}]`), 200);
    const first = await agent.alert("the first", ({ output }) => output.includes("name=a"));
    assert.equal(first.output_fields["ka.user.name"], username);
    await agent.alert("the second", ({ output_fields }) => output_fields["ka.user.name"] === "\ufffd\u0000");
    assert.equal(await agent.stop(), 0);
  });

  it("of whatever shape never end it, and it goes on", async () => {
    agent = await startAuditAgent({
      rules: [
        write(
          "all.yaml",
          created +
            rule(
              "pods",
              "ka.req.pod.containers.privileged intersects (true) or ka.req.volume.hostpath[/etc*] = true",
              "%jevt.obj",
            ) +
            rule(
              "texts",
              "jevt.value[/a/0/b] exists or ka.uri.param[x] contains y",
              "%ka.req.role.rules %ka.req.configmap.obj",
            ),
        ),
      ],
    });
    const whole = auditEvent({
      verb: "create",
      uri: "/api/v1/namespaces/a/pods?x=%E0%A4%A",
      objectRef: { resource: "pods", namespace: "a", name: "b", apiVersion: "v1" },
      requestObject: {
        spec: { containers: [{ name: "a", image: "b", securityContext: { privileged: true } }] },
      },
    });
    const text = eventList([whole]);
    const deep = (levels: number) =>
      `[{"auditID":"x","verb":"create","a":${"[".repeat(levels)}${"]".repeat(levels)}}]`;
    const bodies: (string | Buffer)[] = [
      deep(900),
      deep(5000),
      deep(2_000_000),
      '[{"auditID":1e999,"verb":"create","verb":"get","__proto__":{"a":1},"constructor":{},"user":5,"a":123456789012345678901234567890}]',
      ...fc.sample(
        fc
          .tuple(fc.nat(text.length), fc.nat(40), fc.string({ unit: "binary", maxLength: 20 }))
          .map(([at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut)),
        { numRuns: 150, seed: 7 },
      ),
      ...fc
        .sample(fc.uint8Array({ maxLength: 300 }), { numRuns: 50, seed: 7 })
        .map((bytes) => Buffer.from(bytes)),
      ...fc
        .sample(fc.jsonValue(), { numRuns: 100, seed: 7 })
        .map((value) =>
          eventList([{ auditID: "x", verb: "create", requestObject: value, user: value, objectRef: value }]),
        ),
    ];
    const statuses = new Map<number, number>();
    for (const body of bodies) {
      const status = await agent.post(body);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    assert.deepEqual([...statuses.keys()].sort(), [200, 400]);
    assert.equal(await agent.post(eventList([namespaceCreated("after")])), 200);
    await agent.alert("the next event", ({ output }) => output.endsWith("name=after"));
    assert.equal(await agent.stop(), 0);
    assert.doesNotMatch(agent.log(), /failed on an event|Rules that failed|Uncaught/);
  });
});
