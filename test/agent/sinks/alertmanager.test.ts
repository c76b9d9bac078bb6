import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { alertmanagerAlert } from "../../../agent/sinks/alertmanager-alert.ts";
import { alertmanagerSink, type AlertmanagerOptions } from "../../../agent/sinks/alertmanager.ts";
import { systemClock } from "../../../agent/sinks/clock.ts";
import { SinkQueue } from "../../../agent/sinks/queue.ts";
import type { DeliveryError } from "../../../agent/sinks/sink.ts";
import { defaultTls, Trust } from "../../../agent/sinks/trust.ts";
import { freePort } from "../../support/free-port.ts";
import { unmet } from "../../support/requirements.ts";
import { everySink } from "./every-sink.ts";
import { HttpReceiver } from "./receivers.ts";
import { numbered, queueOptions, sampleAlert, until } from "./sample.ts";

const trust = new Trust(defaultTls);
const look = { labels: {}, expiresAfter: undefined };
const never = new AbortController().signal;
const sinkOf = (urls: readonly string[], more: Partial<AlertmanagerOptions> = {}) =>
  alertmanagerSink({ urls, headers: {}, clock: systemClock, http: { trust }, ...look, ...more });

everySink("alertmanager sink", async () => {
  const receiver = new HttpReceiver();
  const port = await receiver.listen();
  return {
    sink: sinkOf([`http://127.0.0.1:${port}/api/v2/alerts`]),
    received: () => receiver.accepted.join("\n"),
    breakIt: () => void (receiver.reply = () => ({ status: 503, body: "overloaded" })),
    mend: () => void (receiver.reply = () => ({ status: 200 })),
    close: () => receiver.close(),
  };
});

describe("an alert for Alertmanager", () => {
  const alert = (fields: Parameters<typeof sampleAlert>[0] = {}) =>
    alertmanagerAlert(sampleAlert(fields), look, 1_700_000_100_000);

  it("has texts as labels, numbers as annotations, and the event's time", () => {
    const subject = { namespace: "shop", pod: "web-0", podUid: "u", container: "web", image: "nginx" };
    assert.deepEqual(alert({ subject }), {
      labels: {
        alertname: "Terminal shell in container",
        severity: "notice",
        source: "syscall",
        node: "node7",
        namespace: "shop",
        pod: "web-0",
        container: "web",
        tags: "container,shell",
        proc_name: "bash",
      },
      annotations: {
        summary: "Terminal shell in container",
        description: "A shell was started (user=root)",
        user_uid: "0",
      },
      startsAt: "2023-11-14T22:13:20.123Z",
    });
  });

  it("keeps proc.aname[2] and proc.aname[3] apart, in Prometheus' letters (R50)", () => {
    const { labels } = alert({
      fields: [
        ["proc.aname[2]", "bash"],
        ["proc.aname[3]", "sshd"],
        ["proc.aname_2", "mine"],
        ["proc.aname", "any"],
        ["source", "of a rule's own"],
        ["__name__", "internal"],
        ["2nd", "digit"],
        ["größe", "umlaut"],
        ["[]", "nothing left"],
      ],
    });
    const { alertname, severity, node, tags, ...rest } = labels;
    assert.ok(alertname && severity && node && tags);
    assert.deepEqual(rest, {
      source: "syscall",
      proc_aname_2: "bash",
      proc_aname_3: "sshd",
      proc_aname_2_2: "mine",
      proc_aname: "any",
      source_2: "of a rule's own",
      name: "internal",
      _2nd: "digit",
      gr_e: "umlaut",
      field: "nothing left",
    });
  });

  it("has only names of Prometheus' grammar, each once, and bounded values, whatever the fields are", () => {
    const fields = fc.array(fc.tuple(fc.string({ unit: "binary" }), fc.string({ maxLength: 3000 })), {
      maxLength: 100,
    });
    fc.assert(
      fc.property(fields, (fields) => {
        const { labels, annotations } = alert({ fields });
        for (const [name, value] of [...Object.entries(labels), ...Object.entries(annotations)]) {
          assert.match(name, /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/);
          assert.ok(value.length <= 4096 && value !== "");
        }
        assert.ok(Object.values(labels).every((value) => value.length <= 1024));
        assert.ok(Object.keys(labels).length <= 64 && Object.keys(annotations).length <= 64);
      }),
    );
  });

  it("gives labels of the sink first: an alert's own do not replace them", () => {
    const { labels } = alertmanagerAlert(
      sampleAlert({ fields: [["team", "sly"]] }),
      { labels: { team: "red", node: "fixed" }, expiresAfter: undefined },
      0,
    );
    assert.deepEqual(
      [labels["team"], labels["team_2"], labels["node"], labels["node_2"]],
      ["red", "sly", "fixed", "node7"],
    );
  });

  it("ends a while after it was sent, never before it began", () => {
    const expiring = { labels: {}, expiresAfter: 300_000 };
    const late = alertmanagerAlert(sampleAlert(), expiring, 1_800_000_000_000);
    assert.equal(late.endsAt, "2027-01-15T08:05:00.000Z");
    const early = alertmanagerAlert(sampleAlert(), expiring, 0);
    assert.equal(early.endsAt, "2023-11-14T22:18:20.123Z");
  });
});

describe("alertmanager sink", () => {
  const receivers: HttpReceiver[] = [];
  const receiver = async (status = 200) => {
    const made = new HttpReceiver();
    receivers.push(made);
    const port = await made.listen();
    made.reply = () => ({ status });
    return { made, url: `http://127.0.0.1:${port}/api/v2/alerts` };
  };
  afterEach(() => {
    for (const each of receivers.splice(0)) each.close();
  });

  it("sends to every replica, and has delivered once one took it", async () => {
    const [good, bad] = [await receiver(), await receiver(503)];
    const sink = sinkOf([bad.url, good.url]);
    await sink.send([numbered(1)], never);
    assert.deepEqual([good.made.requests.length, bad.made.requests.length], [1, 1]);
    good.made.reply = () => ({ status: 500 });
    await assert.rejects(sink.send([numbered(2)], never), /HTTP 503|HTTP 500/);
    await sink.close();
  });

  it("does not wait long for a replica that hangs", async () => {
    const [good, hung] = [await receiver(), await receiver()];
    hung.made.reply = () => undefined;
    const sink = sinkOf([hung.url, good.url]);
    const start = Date.now();
    await sink.send([numbered(1)], never);
    assert.ok(Date.now() - start < 5000);
    await sink.close();
  });

  it("finds the alert that is refused; the others are delivered", async () => {
    const { made, url } = await receiver();
    made.reply = ({ body }) =>
      body.includes("alert-2.") ? { status: 400, body: '"bad label"' } : { status: 200 };
    const queue = new SinkQueue(sinkOf([url]), queueOptions({}));
    for (let n = 0; n < 5; n++) queue.push(numbered(n));
    await until(
      "all",
      () => queue.counters().delivered + queue.counters().failed === 5,
      () => queue.counters(),
    );
    const { delivered, failed, lastError } = queue.counters();
    assert.deepEqual([delivered, failed, lastError], [4, 1, "HTTP 400: bad label"]);
    await queue.close(1000);
  });

  it("sends its headers, and shows none of their secrets", async () => {
    const { made, url } = await receiver();
    made.reply = ({ headers }) => ({ status: 401, body: `no: ${headers.authorization}` });
    const token = "Bearer s3cr3t-token";
    const sink = sinkOf([url], { headers: { Authorization: token }, http: { trust, secrets: [token] } });
    const error = (await sink.send([numbered(1)], never).catch((fault: unknown) => fault)) as DeliveryError;
    assert.equal(made.requests[0]!.headers.authorization, token);
    assert.deepEqual([error.fault, error.message], ["permanent", "HTTP 401: no: ***"]);
    await sink.close();
  });
});

describe("alertmanager itself", function () {
  this.timeout(30_000);
  const cache = `${process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache")}/tiercel/prometheus-alertmanager`;
  const installed = existsSync("/usr/bin/prometheus-alertmanager");
  const binary = installed ? "/usr/bin/prometheus-alertmanager" : `${cache}/bin/prometheus-alertmanager`;
  const folder = mkdtempSync(join(tmpdir(), "tiercel-alertmanager-"));
  let child: ChildProcess | undefined;
  let base: string;
  before(async function () {
    if (!existsSync(binary)) unmet(this, "tool", "prometheus-alertmanager is missing; make test fetches it");
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    writeFileSync(join(folder, "am.yml"), "route: {receiver: none}\nreceivers: [{name: none}]\n");
    const flags = [
      `--config.file=${folder}/am.yml`,
      `--storage.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    // It wants its templates below /usr/share, where they are if it was installed.
    const share = installed ? "true" : `mount --bind ${cache}/share /usr/share`;
    const script = `${share} && exec "$0" "$@"`;
    const command = [binary, ...flags, "--cluster.listen-address="];
    child = spawn("unshare", ["-m", "sh", "-c", script, ...command], { stdio: "ignore" });
    for (let tries = 0; ; tries++) {
      const ready = await fetch(`${base}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (ready) return;
      if (child.exitCode !== null) unmet(this, "tool", "Alertmanager cannot be started (it takes root)");
      if (tries > 200) throw new Error("Alertmanager does not get ready");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  after(async () => {
    if (child !== undefined && child.exitCode === null) {
      const gone = new Promise((resolve) => child!.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it("takes alerts with ancestors, hostile texts and long values, and shows them (R50)", async () => {
    const sink = sinkOf([`${base}/api/v2/alerts`], { expiresAfter: 60_000, labels: { cluster: "blue" } });
    const alert = sampleAlert({
      time: BigInt(Date.now()) * 1_000_000n,
      fields: [
        ["proc.aname[2]", "bash"],
        ["proc.aname[3]", "sshd"],
        ["proc.cmdline", `x${"\u0000\u202e\ud800".repeat(5)}${"y".repeat(5000)}`],
        ["proc.pid", 2n ** 62n],
        ["proc.args", ["a", "b"]],
      ],
    });
    await sink.send([{ alert, line: "" }], never);
    const found = (await (await fetch(`${base}/api/v2/alerts`)).json()) as {
      labels: Record<string, string>;
      annotations: Record<string, string>;
      startsAt: string;
    }[];
    assert.equal(found.length, 1);
    const [{ labels, annotations, startsAt }] = found as [(typeof found)[0]];
    assert.deepEqual(
      [labels["proc_aname_2"], labels["proc_aname_3"], labels["cluster"], labels["proc_args"]],
      ["bash", "sshd", "blue", "(a,b)"],
    );
    assert.equal(annotations["proc_pid"], (2n ** 62n).toString());
    assert.equal(Date.parse(startsAt), Number(alert.time / 1_000_000n));
    await sink.close();
  });

  it("is what the other tests take it for: it refuses names that are no labels, and says why", async () => {
    const answer = await fetch(`${base}/api/v2/alerts`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify([{ labels: { "proc.aname[2]": "x" } }]),
    });
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /invalid label set/);
  });
});
