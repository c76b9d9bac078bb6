import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { drawMistakes } from "../../../agent/cli/rule-tests/mistakes.ts";
import { runTestFiles } from "../../../agent/cli/rule-tests/run-files.ts";
import type { Settings } from "../../../agent/cli/settings/schema.ts";
import { madeFacts, writeRecording } from "../../support/recordings.ts";
import { root } from "../../support/reference.ts";
import { rule } from "../../support/rules.ts";
import { record } from "../state/records.ts";

const rules = `- list: shells
  items: [bash, sh]
- macro: in_container
  condition: (container.id != host)
- rule: Shell
  desc: d
  condition: evt.type = execve and in_container and proc.name in (shells) and proc.tty != 0
  output: shell %proc.name from %proc.pname as %user.name in %container.id flags=%evt.arg.flags
  priority: NOTICE
- rule: Secret read
  desc: d
  condition: evt.type in (open, openat) and evt.is_open_read = true and fd.num >= 0 and fd.name startswith /etc/secret
  output: read %fd.name by %proc.cmdline
  priority: WARNING
`;

describe("tiercel test", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-test-"));
    writeFileSync(join(folder, "rules.yaml"), rules);
    mkdirSync(join(folder, "many"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const tiercel = (...args: string[]) =>
    spawnSync(process.execPath, [`${root}build/agent/main.js`, "test", ...args], {
      cwd: folder,
      encoding: "utf8",
    });
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

  /** Runs one test given as its keys; gives what became of it. */
  const one = (test: object, file: object = { files: ["rules.yaml"] }) => {
    write("one.yaml", stringify({ ...file, tests: [test] }));
    const { files, mistakes } = runTestFiles([join(folder, "one.yaml")]);
    assert.equal(drawMistakes(mistakes), "");
    const [result] = files[0]!.outcomes;
    return result!;
  };

  const shell = {
    type: "execve",
    args: { flags: "EXE_WRITABLE" },
    process: { name: "bash", exe: "bash", exepath: "/bin/bash", tty: 34816, ancestors: [{ name: "runc" }] },
    container: { id: "3ad7b26ded6d" },
  };
  const ownRule = (condition: string, output = "x") => [
    { rule: "Own", desc: "d", condition, output, priority: "NOTICE" },
  ];
  const own = (condition: string, event: object, expect: object[] = [{ rule: "Own" }], output?: string) =>
    one({ name: condition, rules: ownRule(condition, output), event, expect }, {});

  it("passes where the alerts are the expected ones", () => {
    const expect = [
      {
        rule: "Shell",
        output: "shell bash from runc as root in 3ad7b26ded6d flags=EXE_WRITABLE",
        fields: { "proc.name": "bash", "proc.tty": 34816, "proc.aname[1]": "runc" },
      },
    ];
    assert.deepEqual(one({ name: "a shell", event: shell, expect }), {
      name: "a shell",
      passed: true,
      reason: "",
    });
    assert.equal(one({ event: { ...shell, process: { name: "bash" } }, expect: [] }).passed, true);
    assert.equal(one({ event: { ...shell, container: "host" }, expect: [] }).passed, true);
  });

  const failures: [name: string, test: object, reason: RegExp][] = [
    [
      "an alert that does not come",
      { event: { ...shell, container: "host" }, expect: [{ rule: "Shell" }] },
      /^rule Shell raised no alert$/,
    ],
    [
      "an alert too many",
      { event: shell, expect: [] },
      /^unexpected alert of rule Shell: shell bash from runc/,
    ],
    [
      "a rule that is not there",
      { event: shell, expect: [{ rule: "Shel" }] },
      /^there is no enabled rule Shel of source syscall, did you mean Shell\?\nunexpected alert of rule Shell/,
    ],
    [
      "another output",
      { event: shell, expect: [{ rule: "Shell", output: "no" }] },
      /^alert of rule Shell: output is "shell bash .*", expected "no"$/,
    ],
    [
      "another field",
      { event: shell, expect: [{ rule: "Shell", fields: { "proc.name": "sh" } }] },
      /^alert of rule Shell: field proc\.name is "bash", expected "sh"$/,
    ],
    [
      "a field outside the output",
      { event: shell, expect: [{ rule: "Shell", fields: { "proc.exepath": null } }] },
      /field proc\.exepath is "\/bin\/bash", expected null/,
    ],
    [
      "rules that are not valid",
      { rules: ownRule("evt.type = opne"), event: shell, expect: [] },
      /^the rules are not valid\n[^]*one\.yaml:\d+:\d+: LOAD_ERR_COMPILE_CONDITION[^]*opne/,
    ],
  ];
  for (const [name, test, reason] of failures)
    it(`says ${name}`, () => {
      const result = one(test);
      assert.equal(result.passed, false);
      assert.match(result.reason, reason);
    });

  const events: [name: string, condition: string, event: object][] = [
    [
      "opened files",
      "fd.name=/work/x and evt.arg.flags contains O_CREAT and evt.is_open_create=true and evt.is_open_write=true and fd.typechar=f and fd.num=3 and evt.arg.mode=644",
      {
        type: "openat",
        args: { name: "x", flags: "O_CREAT|O_WRONLY|O_F_CREATED", mode: 420 },
        process: { cwd: "/work" },
      },
    ],
    [
      "numbers of flags",
      "evt.rawarg.flags=6 and evt.arg.flags=O_CREAT|O_WRONLY",
      { type: "openat", args: { name: "/x", flags: 6 } },
    ],
    [
      "folders",
      "fd.typechar=d and fd.directory=/x",
      { type: "open", args: { name: "/x", flags: "O_DIRECTORY|O_RDONLY" } },
    ],
    [
      "failures by name",
      "evt.res=EACCES and fd.num=-1 and fd.name=/x and evt.rawres=-13",
      { type: "open", args: { fd: "EACCES", name: "/x", flags: 1 } },
    ],
    [
      "no file where the open failed",
      "not fd.type exists and fd.typechar=f",
      { type: "openat", args: { fd: "ENOENT", name: "/x", flags: "O_CREAT|O_WRONLY|FD_UPPER_LAYER" } },
    ],
    [
      "created in the upper layer",
      "evt.arg.creat_flags=FD_UPPER_LAYER_CREAT and fd.is_upper_layer=true",
      { type: "creat", args: { name: "/x", creat_flags: 1 } },
    ],
    [
      "devices and inodes",
      "fd.dev.major=8 and fd.dev.minor=1 and fd.ino=7 and evt.arg.dev=801",
      { type: "open", args: { name: "/x", dev: 0x801, ino: 7 } },
    ],
    ["NULL paths", "evt.arg.path=<NA>", { type: "unlink", args: { path: null } }],
    [
      "connections",
      "fd.sip=1.2.3.4 and fd.sport=443 and fd.cip=10.0.0.1 and fd.l4proto=tcp and fd.connected=true and fd.type=ipv4 and fd.net=1.2.0.0/16",
      { type: "connect", args: { fd: 5, tuple: "10.0.0.1:40000->1.2.3.4:443" } },
    ],
    [
      "IPv6 by its address",
      'fd.sip="2001:db8::1" and fd.rport=53',
      { type: "connect", args: { addr: "2001:db8::1:53" } },
    ],
    [
      "a refused connection",
      "fd.connected=false and evt.res=ECONNREFUSED and fd.sport=22",
      { type: "connect", args: { res: -111, addr: "1.2.3.4:22" } },
    ],
    [
      "unix sockets",
      "fd.name=/run/docker.sock and fd.type=unix",
      { type: "connect", args: { addr: "/run/docker.sock" } },
    ],
    [
      "accepted connections",
      "fd.is_server=true and fd.sport=22 and fd.cip=9.9.9.9 and fd.num=7",
      { type: "accept4", args: { fd: 7, tuple: "9.9.9.9:5->10.0.0.1:22" } },
    ],
    [
      "datagrams",
      "fd.l4proto=udp and fd.rport=53 and fd.name_changed=true and evt.buffer contains query",
      { type: "sendto", args: { data: "a query", tuple: "10.0.0.1:5->8.8.8.8:53" } },
    ],
    ["listening", "fd.sport=8080 and fd.lip=0.0.0.0", { type: "bind", args: { addr: "0.0.0.0:8080" } }],
    [
      "new sockets",
      "evt.arg.domain=AF_PACKET and evt.arg.flags contains O_CLOEXEC",
      { type: "socket", args: { domain: "AF_PACKET", type: 3, flags: "O_CLOEXEC" } },
    ],
    [
      "requests by name",
      "evt.arg.request=PTRACE_ATTACH and evt.rawarg.request=11",
      { type: "ptrace", args: { request: "PTRACE_ATTACH", pid: 4 } },
    ],
    ["signals by name", "evt.arg.sig=SIGKILL", { type: "kill", args: { pid: 1, sig: "SIGKILL" } }],
    [
      "users by id",
      "evt.arg.uid=root and user.name=ada and user.uid=1000 and user.loginuid=7 and group.name=staff",
      {
        type: "setuid",
        args: { uid: 0 },
        user: { name: "ada", loginuid: 7 },
        group: { gid: 50, name: "staff" },
      },
    ],
    [
      "an exit",
      "evt.arg.sig=SIGSEGV and evt.arg.ret=0 and evt.arg.core=1",
      { type: "procexit", args: { sig: 11, core: 1 } },
    ],
    [
      "programs",
      'evt.arg.exe=ls and evt.arg.args contains /tmp and proc.args="-l /tmp" and proc.env[A]=b and evt.arg.filename=./ls and proc.is_exe_from_memfd=true',
      {
        type: "execve",
        args: { filename: "./ls" },
        process: { exe: "ls", args: ["-l", "/tmp"], env: ["A=b"], exe_flags: "EXE_FROM_MEMFD" },
      },
    ],
    [
      "new processes",
      "evt.arg.flags contains CLONE_NEWUSER and evt.rawres=17",
      { type: "clone", args: { res: 17, flags: "CLONE_NEWUSER|CLONE_FILES" } },
    ],
    [
      "what a process uses",
      "proc.fdlimit=1024 and evt.rawarg.vm_size=4096 and proc.vmsize=4096 and thread.pfmajor=2",
      { type: "execve", args: { fdlimit: 1024, vm_size: 4096, pgft_maj: 2 } },
    ],
    [
      "modes by name",
      'evt.arg.mode contains "S_ISUID"',
      { type: "chmod", args: { filename: "/x", mode: "S_ISUID|S_IXUSR" } },
    ],
    ["memory", "fd.type=memfd and fd.name=payload", { type: "memfd_create", args: { name: "payload" } }],
    [
      "any field",
      "proc.aname=sshd and fd.sip=1.2.3.4 and container.privileged=true and not proc.pname exists and fd.ip=1.2.3.4 and proc.duration < 5",
      {
        type: "dup2",
        fields: {
          "proc.aname": ["bash", "sshd"],
          "fd.sip": "1.2.3.4",
          "fd.ip": "1.2.3.4",
          "container.privileged": true,
          "proc.pname": null,
          "proc.duration": 4,
        },
      },
    ],
    [
      "containers",
      'container.id=0123456789ab and container.full_id startswith 0123 and container.name=web and container.image.repository=nginx and container.image.tag=latest and container.privileged=true and container.type=cri-o and container.label[a]=b and container.labels contains "a:b"',
      {
        type: "dup",
        container: {
          name: "web",
          type: "cri-o",
          image: { repository: "nginx", tag: "latest" },
          privileged: true,
          labels: { a: "b" },
        },
      },
    ],
    [
      "pods",
      "k8s.pod.name=web-1 and k8s.ns.name=default and k8smeta.ns.name=default and k8s.pod.label[app]=web",
      { type: "dup", pod: { name: "web-1", namespace: "default", labels: { app: "web" } } },
    ],
    [
      "what stands above a pod",
      "k8s.deployment.name=web and k8smeta.ns.label[team]=shop and k8smeta.svc.name intersects (front) and k8smeta.pod.labels intersects (app:web)",
      {
        type: "dup",
        pod: {
          ...{ name: "web-1", namespace: "default", labels: { app: "web" } },
          deployment: { name: "web" },
          ns: { name: "default", labels: { team: "shop" } },
          svc: [{ name: "back" }, { name: "front" }],
        },
      },
    ],
    [
      "mounts",
      'container.mounts=/etc:/host/etc::false: and container.mount.dest[/etc]=/host/etc and container.mount.rdwr[0]=false and container.image.tag=""',
      { type: "dup", container: { mounts: [{ source: "/etc", dest: "/host/etc", rdwr: false }] } },
    ],
    [
      "a container that nobody knows yet",
      "container.id=abc and not container.name exists",
      { type: "dup", container: { id: "abc" } },
    ],
    [
      "time and number",
      "evt.time.iso8601=2026-01-02T03:04:05.000000007+0000 and evt.num=7 and evt.cpu=2 and evt.rawtime.ns=7",
      { type: "dup", time: "2026-01-02T03:04:05.000000007Z", num: 7, cpu: 2 },
    ],
    ["time as a number", "evt.rawtime=1767323045123456789", { type: "dup", time: 1767323045123456789n }],
    [
      "sessions and threads",
      "proc.sid=3 and proc.vpid=1 and thread.tid=9 and thread.ismain=false and proc.pgid=4",
      { type: "dup", process: { pid: 8, tid: 9, sid: 3, vpid: 1, pgid: 4 } },
    ],
    ["text beyond ASCII", 'proc.name = "оболочка"', { type: "dup", fields: { "proc.name": "оболочка" } }],
    [
      "resolved paths, tried where the asked one is harmless",
      "fd.name=/etc/shadow",
      { type: "openat", args: { name: "/tmp/link", flags: 1 }, fields: { "fd.realpath": "/etc/shadow" } },
    ],
  ];
  for (const [name, condition, event] of events)
    it(`describes ${name}`, () => {
      const result = own(condition, event);
      assert.equal(result.reason, "");
    });

  const audit = {
    auditID: "1",
    stageTimestamp: "2026-01-02T03:04:05.000006Z",
    verb: "create",
    user: { username: "ada" },
    objectRef: { resource: "pods", namespace: "default" },
    responseStatus: { code: 201 },
    requestObject: {
      spec: { containers: [{ name: "a", image: "nginx", securityContext: { privileged: true } }] },
    },
  };
  const auditRule = [
    {
      ...ownRule(
        "ka.verb = create and ka.req.pod.containers.privileged intersects (true) and jevt.value[/responseStatus/code] = 201",
        "%ka.user.name made a pod at %evt.time.iso8601",
      )[0],
      source: "k8s_audit",
    },
  ];

  it("takes audit events", () => {
    const expect = [
      {
        rule: "Own",
        output: "ada made a pod at 2026-01-02T03:04:05.000006000+0000",
        fields: { "ka.target.namespace": "default" },
      },
    ];
    assert.equal(one({ rules: auditRule, event: { audit }, expect }, {}).reason, "");
    assert.equal(
      one({ rules: auditRule, event: { audit: { ...audit, verb: "get" } }, expect: [] }, {}).reason,
      "",
    );
    assert.equal(
      one({ rules: auditRule, event: { audit, fields: { "ka.verb": null } }, expect: [] }, {}).reason,
      "",
    );
    assert.equal(one({ rules: auditRule, event: { type: "dup" }, expect: [] }, {}).reason, "");
  });

  it("runs the example of its help", () => {
    const [, example] = /A test file:\n\n([^]*?)\n\n/.exec(tiercel("--help").stdout)!;
    write("my-rules.yaml", rules.replace("- rule: Shell\n", "- rule: Terminal shell in container\n"));
    write("example.yaml", example!);
    const { stdout, stderr } = tiercel("example.yaml");
    assert.equal(stderr, "");
    assert.match(stdout, /\n2 passed, 0 failed\n$/);
  });

  it("prints JSON and exits 0 where all pass", () => {
    write(
      "good.yaml",
      stringify({ files: ["rules.yaml"], tests: [{ name: "a", event: shell, expect: [{ rule: "Shell" }] }] }),
    );
    const { status, stdout } = tiercel("good.yaml", "-o", "json");
    assert.deepEqual([status, stdout], [0, '{"tests":[{"name":"a","passed":true,"reason":""}]}\n']);
  });

  it("prints JUnit XML, whatever is in names and reasons", () => {
    const name = `<a & "b"> \u0007 ü`;
    const tests = [
      { name, rules: ownRule("evt.type = dup", "a]]>b\u001b"), event: { type: "dup" }, expect: [] },
      { name: "good", event: { type: "dup" }, expect: [] },
    ];
    write("junit.yaml", stringify({ tests }));
    const { stdout, status } = tiercel("junit.yaml", "-o", "junit");
    assert.equal(status, 1);
    assert.equal(
      stdout,
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tiercel test" tests="2" failures="1" errors="0" skipped="0">
  <testsuite name="junit.yaml" tests="2" failures="1" errors="0" skipped="0">
    <testcase classname="junit.yaml" name="&lt;a &amp; &quot;b&quot;&gt; \\u0007 ü">
      <failure message="unexpected alert of rule Own: a]]&gt;b\\u001b">unexpected alert of rule Own: a]]&gt;b\\u001b</failure>
    </testcase>
    <testcase classname="junit.yaml" name="good"/>
  </testsuite>
</testsuites>
`,
    );
  });

  it("replays recordings in place of events", () => {
    const settings = {
      static_fields: { where: "rack" },
      rule_matching: "first",
      alerts: { rate: 1, burst: 1 },
    };
    writeRecording(
      join(folder, "made.trec"),
      madeFacts(settings as unknown as Partial<Settings>),
      (chunks) => {
        for (const path of ["/etc/one", "/etc/two"])
          chunks.record(
            record("openat", { pid: 9, ret: 3, time: 5n, comm: "cat" }, { 0: -100, 1: path, 2: 0 }),
          );
      },
    );
    const opened = (each: string) => ({
      rule: "Own",
      output: each,
      fields: { "fd.name": each.slice(1), "evt.type": "openat" },
    });
    const test = (expect: object[], more: object = {}) =>
      one({ file: "made.trec", rules: ownRule("evt.type = openat", "=%fd.name"), expect, ...more }, {});
    assert.equal(test([opened("=/etc/two"), opened("=/etc/one")]).reason, "");
    assert.match(test([opened("=/etc/one")]).reason, /^unexpected alert of rule Own: =\/etc\/two$/);
    assert.match(
      test([opened("=/etc/one"), opened("=/etc/three")]).reason,
      /output is "=\/etc\/two", expected/,
    );
    const constant = ownRule("evt.type = openat and static.where = rack", "%static.where");
    assert.equal(test([{ rule: "Own" }, { rule: "Own" }], { rules: constant }).reason, "");
    const bytes = readFileSync(join(folder, "made.trec"));
    writeFileSync(join(folder, "made.trec"), bytes.subarray(0, bytes.length - 1));
    assert.match(test([]).reason, /^the recording is torn at offset \d+: 1 bytes of a block are missing$/);
  });

  it("refuses a recording that is none, or stands beside an event", () => {
    write("none.trec", "text");
    write(
      "both.yaml",
      "tests:\n- {file: none.trec, event: {type: dup}, expect: []}\n- {file: none.trec, expect: []}\n- {expect: []}\n",
    );
    const { stderr, status } = tiercel("both.yaml");
    assert.equal(status, 2);
    assert.match(stderr, /both\.yaml:2:10: a test has an event or a file, not both/);
    assert.match(stderr, /both\.yaml:3:10: .*none\.trec is no recording of tiercel record/);
    assert.match(stderr, /both\.yaml:4:3: a test needs an event, or a file with a recording/);
  });

  it("keeps the places of a test's own rules", () => {
    write(
      "places.yaml",
      "tests:\n- event: {type: dup}\n  expect: []\n  rules:\n  - rule: A\n    desc: d\n    condition: evt.type=dup and proc.nmae=x\n    output: o\n    priority: INFO\n",
    );
    const { stdout, status } = tiercel("places.yaml");
    assert.equal(status, 1);
    assert.match(stdout, /places\.yaml:7:33: LOAD_ERR_COMPILE_CONDITION/);
  });

  it("prints a line a test and counts, takes folders and JSON files", () => {
    write(
      "many/b.json",
      JSON.stringify({ files: ["../rules.yaml"], tests: [{ name: "b", event: shell, expect: [] }] }),
    );
    write("many/a.yaml", "files: [../rules.yaml]\ntests:\n- {name: a, event: {type: execve}, expect: []}\n");
    write("many/rules.yaml", rule("No test", "evt.type=open"));
    const { stdout, status } = tiercel("many");
    assert.equal(status, 1);
    assert.match(
      stdout,
      /^many\/a\.yaml:\n {2}ok {5}a\nmany\/b\.json:\n {2}FAILED b\n {9}unexpected alert of rule Shell: .*\n1 passed, 1 failed\n$/,
    );
  });

  it("says all mistakes of a test file at once, with their places, and exits 2", () => {
    write(
      "bad.yaml",
      `files: [nope.yaml]
test: x
tests:
- event: {type: opnat, arg: 1}
  expect: [{rulle: x}]
- event:
    type: openat
    args: {flags: O_RDNLY, nme: 1, fd: EPREM, dirfd: {}}
    process: {nam: x, pid: -1, ancestors: [x], exe_flags: NO}
    fields: {proc.nmae: 1, proc.pid: x, evt.failed: 1, fd.sip: hi, proc.name: [a]}
    time: yesterday
    container: 7
    source: k8s_audit
- 5
- {file: a.trec, expect: []}
- {event: {type: connect, args: {tuple: "1.2.3.4->x", addr: nowhere}}, expect: [x]}
`,
    );
    const { stderr, stdout, status } = tiercel("bad.yaml", "-o", "json");
    assert.equal(status, 2);
    assert.equal(stdout, "");
    const said = stderr
      .split("\n")
      .filter((line) => line.startsWith("bad.yaml:"))
      .map((line) => line.replace(/; (known are|it has) .*/, ""));
    assert.deepEqual(
      said.map((line) => line.replaceAll(`${folder}/`, "")),
      [
        "bad.yaml:1:9: Could not open file nope.yaml for reading: no such file or directory",
        "bad.yaml:2:1: unknown key test, did you mean tests?",
        "bad.yaml:4:17: unknown event type opnat, did you mean openat?",
        "bad.yaml:4:24: unknown key arg, did you mean args?",
        "bad.yaml:5:12: an expected alert needs the name of its rule",
        "bad.yaml:5:13: unknown key rulle, did you mean rule?",
        "bad.yaml:6:3: a test needs expect, the list of alerts that are raised; [] is none",
        "bad.yaml:8:19: flags must be a number or names of the set OPEN_FLAGS",
        "bad.yaml:8:28: openat has no argument nme, did you mean name?",
        "bad.yaml:8:40: fd is the return value: a number or an error's name such as ENOENT",
        "bad.yaml:8:54: dirfd must be a number or a text",
        "bad.yaml:9:15: unknown key nam, did you mean name?",
        "bad.yaml:9:28: pid must be a whole number from 1 to 4294967294",
        "bad.yaml:9:44: an ancestor must be a mapping, as {name: bash}",
        "bad.yaml:9:59: NO is no number and no names of the set EXE_FLAGS",
        "bad.yaml:10:14: filter_check called with nonexistent field proc.nmae, did you mean proc.name?",
        "bad.yaml:10:38: proc.pid must be a number",
        "bad.yaml:10:53: evt.failed must be true or false",
        "bad.yaml:10:64: hi is no address",
        "bad.yaml:10:79: proc.name is one value, not a list",
        "bad.yaml:11:11: time must be nanoseconds since the epoch or a time as 2026-01-02T03:04:05.123456789Z",
        "bad.yaml:12:16: container must be a mapping, as {id: 3ad7b26ded6d, image.repository: nginx}",
        "bad.yaml:13:13: an event of k8s_audit is given under audit, one Event object",
        "bad.yaml:14:3: a test must be a mapping with event (or file) and expect",
        "bad.yaml:15:10: a.trec cannot be read: ENOENT: no such file or directory, open 'a.trec'",
        "bad.yaml:16:41: 1.2.3.4->x is no pair of ends; write it as 10.0.0.1:40000->1.2.3.4:443",
        "bad.yaml:16:61: nowhere is no address; write 1.2.3.4:443, ::1:443 or /run/x.sock",
        "bad.yaml:16:81: an expected alert must be a mapping, as {rule: NAME}",
      ],
    );
  });

  const refused: [name: string, text: string, message: RegExp][] = [
    ["text that is no YAML", "tests: [", /^broken\.yaml:1:\d+: /],
    ["a list", "- rule: x\n", /^broken\.yaml:1:1: a test file is a mapping with tests, and files with rules/],
    ["nothing", "", /^broken\.yaml: a test file is a mapping/],
    ["no tests", "files: []\n", /^broken\.yaml:1:1: a test file needs tests/],
    [
      "arguments that no record can hold",
      `tests: [{event: {type: unlink, args: {path: ${"x".repeat(40000)}}}, expect: []}]`,
      /a record has at most 32768 bytes/,
    ],
  ];
  for (const [name, text, message] of refused)
    it(`refuses ${name}`, () => {
      write("broken.yaml", text);
      const { stderr, status } = tiercel("broken.yaml");
      assert.equal(status, 2);
      assert.match(stderr, message);
    });

  it("refuses files that are not there, folders without tests, and no path at all", () => {
    assert.match(
      tiercel("absent.yaml").stderr,
      /^absent\.yaml: Could not open file absent\.yaml for reading: no such file or directory\n$/,
    );
    symlinkSync("loop.yaml", join(folder, "loop.yaml"));
    assert.match(tiercel("loop.yaml").stderr, /^loop\.yaml: .*: too many symbolic links encountered\n$/);
    mkdirSync(join(folder, "empty"));
    for (const args of [["absent.yaml"], ["empty"], []]) assert.equal(tiercel(...args).status, 2);
  });
});
