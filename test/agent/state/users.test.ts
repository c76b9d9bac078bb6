import assert from "node:assert/strict";
import fc from "fast-check";
import type { Container, Process } from "../../../agent/state/types.ts";
import { parseUsers } from "../../../agent/state/user-database.ts";
import { UserNames, readUserFiles, type UserFiles } from "../../../agent/state/users.ts";

const second = 1_000_000_000n;

function inside(id: string, pid = 7): Process {
  const container: Container = { id, type: "containerd", cgroupPath: "/" };
  return { pid, container } as Process;
}

const files = (passwd: string | undefined, group?: string, stamp = "1"): UserFiles => ({
  passwd,
  group,
  stamp,
});

describe("user database", () => {
  const passwd = [
    "root:x:0:0:root:/root:/bin/bash",
    "toor:x:0:0:second of the same id:/:/bin/sh",
    "+nis::::::",
    "# comment",
    "",
    "short:x:7",
    "minus:x:-1:0::/:",
    "word:x:1x:0::/:",
    ":x:8:8::/:/bin/sh",
    "large:x:4294967296:0::/:",
    "last:x:4294967295:0::/home/last:",
    "caf\xc3\xa9:x:1000:1000:Caf\xc3\xa9,,,:/home/caf\xc3\xa9:/bin/zsh",
    "unended:x:9:9::/u:/bin/u",
  ].join("\n");

  it("takes the first entry of an id and passes over what is none", () => {
    const { users } = parseUsers(passwd, undefined);
    assert.deepEqual([...users.keys()], [0, 7, 4294967295, 1000, 9]);
    assert.deepEqual(users.get(0), { name: "root", home: "/root", shell: "/bin/bash" });
    assert.deepEqual(users.get(7), { name: "short", home: "", shell: "" });
    assert.deepEqual(users.get(1000), { name: "caf\xc3\xa9", home: "/home/caf\xc3\xa9", shell: "/bin/zsh" });
  });

  it("reads groups", () => {
    const { groups } = parseUsers(undefined, "root:x:0:\nadm:x:4:syslog,me\n");
    assert.deepEqual(
      [...groups],
      [
        [0, { name: "root" }],
        [4, { name: "adm" }],
      ],
    );
  });

  it("is bounded in entries and in the length of a line", () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `u${i}:x:${i}:0::/:/bin/sh`).join("\n");
    assert.equal(parseUsers(many, many).users.size, 10_000);
    assert.equal(parseUsers(`${"a".repeat(5000)}:x:1:1::/:\nb:x:2:2::/:`, "").users.size, 1);
  });

  it("takes any bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const { users, groups } = parseUsers(text, text);
        for (const id of [...users.keys(), ...groups.keys()]) assert.ok(Number.isInteger(id) && id >= 0);
      }),
    );
  });
});

describe("user names", () => {
  let now: bigint;
  let asked: [string, number][];
  let names: UserNames;
  const make = (more: { databases?: number; bytes?: number } = {}) =>
    new UserNames({ request: (id, pid) => asked.push([id, pid]), now: () => now, ...more });
  beforeEach(() => {
    now = 100n * second;
    asked = [];
    names = make();
    names.learn(
      "host",
      files("root:x:0:0::/root:/bin/bash\nme:x:1000:1000::/home/me:/bin/sh", "wheel:x:10:"),
    );
  });

  it("of the host are those of process 1's root", () => {
    assert.equal(names.user(1000, undefined)?.name, "me");
    assert.equal(names.user(1000, inside("host"))?.home, "/home/me");
    assert.equal(names.group(10, inside("host"))?.name, "wheel");
    now += 31n * second;
    names.user(1000, inside("host"));
    assert.deepEqual(asked, [["host", 1]]);
  });

  it("of a container are its own: unknown until read, asked for once", () => {
    const process = inside("c1");
    assert.equal(names.user(1000, process), undefined);
    assert.equal(names.user(1000, process), undefined);
    assert.deepEqual(asked, [["c1", 7]]);
    names.learn("c1", files("root:x:0:0::/:\napp:x:1000:1000::/app:/bin/false"));
    assert.equal(names.user(1000, process)?.name, "app");
    assert.equal(names.user(1001, process), undefined);
  });

  it("are read ahead when a container is first seen", () => {
    names.prepare("c1", 9);
    names.prepare("c1", 10);
    assert.deepEqual(asked, [["c1", 9]]);
  });

  it("are the host's where a container has no users at all", () => {
    names.learn("c1", files(undefined));
    assert.equal(names.user(1000, inside("c1"))?.name, "me");
  });

  it("are nobody's where the container is unknown", () => {
    assert.equal(names.user(0, inside("")), undefined);
    assert.deepEqual(asked, []);
  });

  it("are asked for again after 30 s, and when an id is missing after 1 s; meanwhile the old ones stand", () => {
    names.learn("c1", files("app:x:1000:1000::/:", undefined, "1"));
    names.user(1000, inside("c1"));
    names.user(2000, inside("c1"));
    assert.deepEqual(asked, []);
    now += 2n * second;
    names.user(1000, inside("c1"));
    assert.deepEqual(asked, []);
    names.user(2000, inside("c1", 8));
    names.user(2000, inside("c1", 8));
    assert.deepEqual(asked, [["c1", 8]]);
    names.learn("c1", files("app:x:1000:1000::/:\nnew:x:2000:1::/:", undefined, "2"));
    assert.equal(names.user(2000, inside("c1"))?.name, "new");
    now += 31n * second;
    assert.equal(names.user(1000, inside("c1"))?.name, "app");
    assert.equal(asked.length, 2);
  });

  it("are kept up to a number and a size; the host's always", () => {
    names = make({ databases: 3 });
    names.learn("host", files("root:x:0:0::/:"));
    for (let i = 0; i < 10; i++) names.learn(`c${i}`, files("root:x:0:0::/:"));
    assert.equal(names.evicted, 8);
    assert.equal(names.user(0, inside("c9"))?.name, "root");
    assert.equal(names.user(0, undefined)?.name, "root");
    names = make({ bytes: 2_000 });
    for (let i = 0; i < 10; i++) names.learn(`c${i}`, files(`${"x".repeat(900)}:x:0:0::/:`));
    assert.equal(names.evicted, 8);
  });

  it("are parsed once for all containers whose files are the same", () => {
    const passwd = "root:x:0:0:root:/root:/bin/sh\n";
    for (const id of ["a", "b"]) names.learn(id, files(passwd, undefined, id));
    names.learn("c", files(undefined, passwd, "c"));
    const of = (id: string) => names.user(0, inside(id));
    assert.equal(of("a"), of("b"), "the same object");
    assert.equal(of("a")?.name, "root");
    assert.equal(names.group(0, inside("c"))?.name, "root", "which file it was counts");
    names.learn("b", files("boss:x:0:0::/:\n", undefined, "later"));
    assert.equal(of("a")?.name, "root");
    assert.equal(of("b")?.name, "boss");
  });

  it("come from two files read in the process's root", () => {
    const read: string[] = [];
    const result = readUserFiles((pid, path) => {
      read.push(`${pid}${path}`);
      return path === "/etc/group" ? undefined : { bytes: Buffer.from("caf\u00e9"), stamp: "5" };
    }, 3);
    assert.deepEqual(read, ["3/etc/passwd", "3/etc/group"]);
    // What a process that is gone cannot show is no empty root.
    assert.equal(
      readUserFiles(() => undefined, 4_194_305),
      undefined,
    );
    assert.equal(readUserFiles(() => undefined, process.pid)?.passwd, undefined);
    names.learn("c1", undefined);
    assert.equal(names.user(1000, inside("c1")), undefined);
    assert.deepEqual(result, { passwd: "caf\xc3\xa9", group: undefined, stamp: "5 " });
  });
});
