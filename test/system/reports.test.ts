/** What users of such systems reported from the field, as far as it takes a whole agent and real calls to see. */
import assert from "node:assert/strict";
import { chmodSync, chownSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/reference.ts";
import { needCapture, type PrintedAlert } from "./support/agent.ts";
import { run } from "./support/commands.ts";
import { needContainers } from "./support/containers.ts";
import { Stage } from "./support/stage.ts";

const standard = "command=%proc.cmdline program=%proc.exepath";

/** Rules of these tests; `FOLDER` stands for the stage's folder. */
const rulesText = `
- macro: open_failed
  condition: (evt.type in (open, openat, openat2) and fd.typechar = f and fd.num = -1 and evt.res startswith E)
- rule: folder made
  desc: R16
  condition: evt.type = mkdir and proc.name = trigger and fs.path.name startswith FOLDER/
  output: "%fs.path.name ${standard}"
  priority: NOTICE

- rule: failed open
  desc: R18
  condition: open_failed and proc.exepath endswith /trigger
  output: "%evt.type %fd.name %evt.res ${standard}"
  priority: NOTICE

- rule: arguments
  desc: R20
  condition: evt.type = openat and fd.name = FOLDER/titled
  output: "args=%proc.args ${standard}"
  priority: NOTICE

- rule: shadow by a copy
  desc: R22
  condition: evt.type in (open, openat) and fd.name = /etc/shadow and proc.exepath endswith /copy/cat
  output: "name=%proc.name ${standard}"
  priority: NOTICE

- rule: mapped address
  desc: R24
  condition: evt.type = connect and fd.sport = 4424
  output: "%fd.l4proto %fd.type %fd.name ${standard}"
  priority: NOTICE

- rule: local IPv6 network
  desc: R26
  condition: evt.type in (sendto, connect) and fd.sport = 4426 and fd.net in (fd00::/8)
  output: "%fd.name ${standard}"
  priority: NOTICE
- rule: second of two networks
  desc: R26
  condition: evt.type in (sendto, connect) and fd.sport = 4426 and fd.net in (2001:db8::/32, fd00::/8)
  output: "%fd.name ${standard}"
  priority: NOTICE
- rule: second of two addresses
  desc: R26
  condition: evt.type in (sendto, connect) and fd.sport = 4426 and fd.ip in (2001:db8::1, fd00::1)
  output: "%fd.name ${standard}"
  priority: NOTICE
- rule: second of two raw sizes
  desc: R26
  condition: evt.type = sendto and fd.sport = 4426 and evt.rawarg.size in (2, 1)
  output: "%fd.name ${standard}"
  priority: NOTICE

- rule: removed
  desc: R28
  condition: evt.type in (unlink, unlinkat) and container.id != host
  output: "%fs.path.name ${standard}"
  priority: NOTICE

- rule: change of user
  desc: R32
  condition: evt.type in (setuid, setresuid) and container.id != host and proc.name = trigger
  output: "%evt.type name=%evt.arg.uid number=%evt.rawarg.uid args=%evt.args parent=%proc.pname user=%user.name ${standard}"
  priority: NOTICE

- rule: not by root
  desc: R34
  condition: evt.type = execve and proc.exepath endswith /set-user-id and user.uid != 0
  output: "${standard}"
  priority: NOTICE
- rule: not by root's login
  desc: R34
  condition: evt.type = execve and proc.exepath endswith /set-user-id and user.loginuid != 0
  output: "uid=%user.uid ${standard}"
  priority: NOTICE

- list: quoted_names
  items: [dockerd, "runc:[1:CHILD]"]
- list: bare_names
  items: [dockerd, runc:[1:CHILD]]
- rule: unless named so in quotes
  desc: R04
  condition: evt.type = openat and fd.name = FOLDER/named and not proc.name in (quoted_names)
  output: "name=%proc.name ${standard}"
  priority: NOTICE
- rule: unless named so
  desc: R04
  condition: evt.type = openat and fd.name = FOLDER/named and not proc.name in (bare_names)
  output: "name=%proc.name ${standard}"
  priority: NOTICE
`.replace("items: [dockerd, runc:[1:CHILD]]", "items:\n    - dockerd\n    - runc:[1:CHILD]");

/** R12: a stock rule with its exceptions, and a user's own beside it. */
const ownBesideStock = `
- macro: write_common
  condition: (evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.num >= 0 and fd.name startswith /etc/)
- macro: known_exception
  condition: (evt.num = 0)
- rule: stock rule
  desc: R12
  condition: write_common and not known_exception
  output: "%fd.name ${standard}"
  priority: ERROR
- rule: own rule
  desc: R12
  condition: write_common and fd.name startswith /etc/sub/
  output: "%fd.name ${standard}"
  priority: ERROR
`;

const texts = (alerts: readonly PrintedAlert[], rule: string) =>
  alerts.filter((alert) => alert.rule === rule).map(({ output }) => output.replace(/^\S+ \S+ /, ""));

describe("reports from the field", function () {
  this.timeout(60_000);
  let stage: Stage;
  let rules: string;

  before(async function () {
    needCapture(this);
    needContainers(this);
    stage = await Stage.open();
    chmodSync(stage.folder, 0o755);
    rules = stage.rulesFile("reports.yaml", rulesText.replaceAll("FOLDER", stage.folder));
    await stage.watch([rules]);
  });
  after(async () => {
    await stage?.close();
  });

  it("R16: a rule on mkdir alone misses mkdirat, which Go programs make, and validate says so", async () => {
    const raised = await stage.during(async () => {
      assert.equal((await stage.host("trigger", "mkdirat", join(stage.folder, "by-mkdirat"))).code, 0);
      assert.equal((await stage.host("trigger", "mkdir", join(stage.folder, "by-mkdir"))).code, 0);
    });
    const seen = texts(raised, "folder made").map((text) => text.split(" ")[0]);
    assert.deepEqual(seen, [join(stage.folder, "by-mkdir")]);
    const checked = await run(process.execPath, [`${root}bin/tiercel`, "validate", rules]);
    assert.equal(checked.code, 0, checked.stderr);
    assert.match(
      `${checked.stdout}${checked.stderr}`,
      /programs do the same by mkdirat[^\n]*\n *in rule 'folder made'/,
    );
  });

  it("R18: opens of forbidden and of absent files are seen, with the path that was asked for", async () => {
    const absent = join(stage.folder, "absent");
    const raised = await stage.during(async () => {
      for (const call of ["open", "openat", "openat2"]) {
        await stage.inside("uid", "1000", "open", call, "r", "/etc/shadow");
        await stage.host("trigger", "open", call, "r", absent);
      }
    });
    const seen = texts(raised, "failed open").map((text) => text.split(" ").slice(0, 3).join(" "));
    assert.deepEqual(
      seen,
      ["open", "openat", "openat2"].flatMap((call) => [
        `${call} /etc/shadow EACCES`,
        `${call} ${absent} ENOENT`,
      ]),
    );
  });

  it("R20: arguments are those passed to execve, whatever the program writes over them at once", async () => {
    const file = join(stage.folder, "titled");
    writeFileSync(file, "");
    const raised = await stage.during(() => stage.host("trigger", "title", "original-argument", file));
    assert.match(
      texts(raised, "arguments").join(),
      new RegExp(`^args=title original-argument ${file} command=`),
    );
  });

  it("R22: a program started through a descriptor has the path of its file, and the name the kernel gave", async () => {
    const copy = join(stage.folder, "copy/cat");
    mkdirSync(join(stage.folder, "copy"));
    copyFileSync("/bin/busybox", copy);
    let named = "";
    const raised = await stage.during(async () => {
      const { stdout } = await stage.host("trigger", "fexec", "9", copy, "/etc/shadow", "/proc/self/comm");
      named = stdout.trim().split("\n").at(-1)!;
    });
    const wanted = `name=${named} command=${named} /etc/shadow /proc/self/comm program=${copy}`;
    assert.ok(texts(raised, "shadow by a copy").join().startsWith(wanted), wanted);
  });

  it("R24: IPv6 sockets that talk to mapped IPv4 addresses keep their protocol", async () => {
    const raised = await stage.during(async () => {
      const listening = ["listen", "127.0.0.1", "4424"];
      await stage.host("trigger", ...listening, "connect", "tcp", "::ffff:127.0.0.1", "4424");
      await stage.host("trigger", "connect", "udp", "::ffff:127.0.0.1", "4424");
    });
    const seen = texts(raised, "mapped address").map((text) => text.split(" ").slice(0, 2).join(" "));
    assert.deepEqual(seen, ["tcp ipv4", "udp ipv4"]);
  });

  it("R26: networks of IPv6 are seen, and every element of a list is tried", async () => {
    const send = (address: string) =>
      stage.privileged.exec(["trigger", "connect", "sendto", address, "4426"]);
    const raised = await stage.during(async () => {
      await stage.privileged.exec(["ip", "addr", "add", "fd00::1/128", "dev", "lo"]);
      assert.equal((await send("fd00::1")).code, 0);
    });
    assert.deepEqual(
      raised.map(({ rule }) => rule),
      ["local IPv6 network", "second of two networks", "second of two addresses", "second of two raw sizes"],
    );
    const other = await stage.during(() => send("::1"));
    assert.deepEqual(
      other.map(({ rule }) => rule),
      ["second of two raw sizes"],
    );
  });

  it("R28: a file removed in a container is told once, under the container's path", async () => {
    const raised = await stage.during(() => stage.plain.exec(["sh", "-c", "echo > /x && rm /x"]));
    assert.deepEqual(
      texts(raised, "removed").map((text) => text.split(" ")[0]),
      ["/x"],
    );
  });

  it("R32: a change of user in a container names process, parent and user", async () => {
    const raised = await stage.during(async () => {
      await stage.inside("fork", "setuid", "setuid", "1000");
      await stage.inside("fork", "setuid", "setresuid", "1000");
    });
    const [first, second] = raised.filter((alert) => alert.rule === "change of user");
    assert.match(
      first!.output,
      /setuid name=alice number=1000 args=res=0 uid=1000\(alice\) parent=trigger user=alice/,
    );
    assert.match(
      second!.output,
      /setresuid .* args=res=0 ruid=1000\(alice\) euid=1000\(alice\) suid=1000\(alice\)/,
    );
    assert.equal(first!.output_fields["proc.exepath"], "/bin/trigger");
  });

  it("R34: a set-user-ID program runs as root already when its execve is told", async () => {
    const file = join(stage.folder, "set-user-id");
    copyFileSync(stage.program, file);
    chownSync(file, 0, 0);
    chmodSync(file, 0o4755);
    const raised = await stage.during(() =>
      run("setpriv", [
        "--reuid",
        "1000",
        "--regid",
        "1000",
        "--clear-groups",
        file,
        "open",
        "openat",
        "r",
        "/dev/null",
      ]),
    );
    assert.deepEqual(
      raised.map(({ rule }) => rule),
      ["not by root's login"],
    );
    assert.equal(raised[0]!.output_fields["user.uid"], 0);
  });

  it("R04: a process called runc:[1:CHILD] is found in a list, quoted or not", async () => {
    const file = join(stage.folder, "named");
    writeFileSync(file, "");
    const named = (name: string) => () => stage.host("trigger", "name", name, "open", "openat", "r", file);
    assert.deepEqual(await stage.during(named("runc:[1:CHILD]")), []);
    const other = await stage.during(named("runc:[2:CHILD]"));
    assert.deepEqual(
      other.map(({ rule }) => rule),
      ["unless named so in quotes", "unless named so"],
    );
    assert.match(other[0]!.output, /name=runc:\[2:CHILD\]/);
  });
});

describe("reports from the field, R12: a rule beside an earlier one that matches too", function () {
  this.timeout(60_000);
  let stage: Stage;

  before(async function () {
    needCapture(this);
    needContainers(this);
    stage = await Stage.open();
    mkdirSync(join(stage.folder, "rules"));
    stage.rulesFile("rules/own.yaml", ownBesideStock);
  });
  after(async () => {
    await stage?.close();
  });

  const wanted = { all: ["stock rule", "own rule"], first: ["stock rule"] } as const;
  for (const matching of ["all", "first"] as const) {
    it(`alerts ${wanted[matching].join(" and ")} with rule_matching ${matching}`, async () => {
      await stage.watch([join(stage.folder, "rules")], { rule_matching: matching });
      const raised = await stage.during(() =>
        stage.plain.exec(["sh", "-c", `mkdir -p /etc/sub && touch /etc/sub/${matching}`]),
      );
      assert.deepEqual(
        raised.map(({ rule }) => rule),
        wanted[matching],
      );
      await stage.unwatch();
    });
  }
});

describe("reports from the field, R30 and R72: many calls that no rule is about, on one processor", function () {
  this.timeout(60_000);
  let stage: Stage;

  before(async function () {
    needCapture(this);
    needContainers(this);
    stage = await Stage.open();
  });
  after(async () => {
    await stage?.close();
  });

  it("raise nothing, and how many of them reached the agent is told", async () => {
    const slices = 10;
    const opens = 10_000;
    const rules = stage.rulesFile(
      "prefix.yaml",
      `
- rule: below etc
  desc: R30
  condition: evt.type = openat and fd.name startswith /etc/ and proc.name = trigger
  output: "%fd.name ${standard}"
  priority: NOTICE
`,
    );
    const agent = await stage.watch([rules], { log_level: "info" }, ["taskset", "-c", "0"]);
    // Each slice fits into the ring, and the next one waits until it was read.
    for (let i = 0; i < slices; i++) {
      const raised = await stage.during(() =>
        stage.host("trigger", "open-many", String(opens), stage.program),
      );
      assert.deepEqual(raised, []);
    }
    const raised = await stage.during(() => stage.host("trigger", "open", "openat", "r", "/etc/hosts"));
    assert.deepEqual(
      texts(raised, "below etc").map((text) => text.split(" ")[0]),
      ["/etc/hosts"],
    );
    assert.equal(await stage.unwatch(), 0);
    const count = (name: string) => Number(new RegExp(`^${name}: (\\d+)`, "m").exec(agent.log())?.[1]);
    const reached = count("Events seen");
    const lost = count("Events dropped");
    assert.ok(reached + lost >= slices * opens, `${reached} reached the agent, ${lost} were lost`);
    console.log(
      `      of ${slices * opens} opens elsewhere and what else happened ${reached} reached the agent, ${lost} were lost`,
    );
  });
});
