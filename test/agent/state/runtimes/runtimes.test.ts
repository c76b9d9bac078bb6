import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContainerFacts } from "../../../../agent/state/container-facts.ts";
import {
  DEADLINE,
  RuntimeError,
  type Happenings,
  type Listed,
} from "../../../../agent/state/runtimes/runtime.ts";
import { ContainerRuntimes, MAX_ASKING, MAX_QUESTIONS } from "../../../../agent/state/runtimes/runtimes.ts";
import { FakeClock, until } from "./clock.ts";

const path = "/kubepods/pod1/x";

/** A runtime whose answers the test chooses. */
class Made {
  readonly type = "containerd";
  readonly version = "1";
  /** Facts by id; "hang" for no answer at all. */
  readonly containers = new Map<string, Partial<ContainerFacts> | "hang" | Error>();
  listed: Listed[] = [];
  happenings: Happenings | undefined;
  asked: string[] = [];
  lists = 0;
  closed = 0;
  broken: ((error: Error) => void) | undefined;

  facts(id: string, _path: string, end: number): Promise<ContainerFacts | undefined> {
    this.asked.push(id);
    const known = this.containers.get(id);
    if (known instanceof Error) return Promise.reject(known);
    if (known !== "hang") return Promise.resolve(known && ({ id, pid: 7, ...known } as ContainerFacts));
    return new Promise((_, reject) =>
      clock.after(end - clock.now(), () => reject(new RuntimeError("timeout", "no answer in time"))),
    );
  }

  list(): Promise<readonly Listed[]> {
    this.lists++;
    return Promise.resolve(this.listed);
  }

  watch(happenings: Happenings): Promise<void> {
    this.happenings = happenings;
    return new Promise((_, reject) => (this.broken = reject));
  }

  close(): void {
    this.closed++;
  }
}

let clock: FakeClock;

describe("asking container runtimes", () => {
  let folder: string;
  let listener: net.Server;
  let runtime: Made;
  let reachable: boolean;
  let opened: number;
  let runtimes: ContainerRuntimes;
  let told: string[];
  let log: string[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-runtimes-"));
    listener = net.createServer();
    await new Promise<void>((resolve) => listener.listen(join(folder, "s"), resolve));
    clock = new FakeClock();
    runtime = new Made();
    reachable = true;
    opened = 0;
    told = [];
    log = [];
    runtimes = new ContainerRuntimes({
      sockets: [join(folder, "s")],
      environment: {},
      root: "",
      onFacts: ({ id, name }) => told.push(`${id} is ${name}`),
      onUnknown: (id) => told.push(`${id} is unknown`),
      onGone: (id) => told.push(`${id} is gone`),
      log: (_level, message) => log.push(message),
      clock,
      random: () => 0.5,
      open: () => {
        opened++;
        if (!reachable) return Promise.reject(new RuntimeError("unreachable", "ECONNREFUSED"));
        return Promise.resolve(runtime);
      },
    });
  });
  afterEach(async () => {
    runtimes.close();
    await new Promise((resolve) => listener.close(resolve));
    rmSync(folder, { recursive: true });
  });

  it("a container is asked for and told", async () => {
    runtime.containers.set("a", { name: "web" });
    await runtimes.start();
    runtimes.ask("a", path);
    await clock.advance(0);
    assert.deepEqual(told, ["a is web"]);
    const { runtimes: all, ...counts } = runtimes.status();
    assert.deepEqual(counts, { questions: 0, asked: 1, identified: 1, unknown: 0, dropped: 0, gone: 0 });
    assert.equal(all[0]?.up, true);
    assert.equal(all[0].answered, 1);
  });

  it("one that is known a moment later is told then, one that stays unknown is called so once and asked again", async () => {
    await runtimes.start();
    runtimes.ask("a", path);
    runtimes.ask("b", path);
    await clock.advance(30);
    runtime.containers.set("a", { name: "web" });
    await clock.advance(200);
    assert.deepEqual(told, ["a is web", "b is unknown"]);
    await clock.advance(10_000);
    assert.deepEqual(told, ["a is web", "b is unknown"]);
    runtime.containers.set("b", { name: "late" });
    runtime.listed = ["a", "b"].map((id) => ({ id, running: true }));
    await clock.advance(60_000);
    assert.deepEqual(told, ["a is web", "b is unknown", "b is late"]);
  });

  it("is given up in the end", async () => {
    await runtimes.start();
    runtimes.ask("a", path);
    await clock.advance(1_000_000);
    assert.equal(runtimes.status().questions, 0);
    assert.equal(runtime.asked.length, 1 + 3 + 5);
    // and asked for again from the beginning
    runtimes.ask("a", path);
    await clock.advance(200);
    assert.deepEqual(told, ["a is unknown", "a is unknown"]);
  });

  it("facts of one that is made but not started are told, and once more when its first process runs", async () => {
    runtime.containers.set("a", { name: "web", pid: 0 });
    await runtimes.start();
    runtimes.ask("a", path);
    await clock.advance(5000);
    assert.deepEqual(told, ["a is web"]);
    runtime.containers.set("a", { name: "web", pid: 5 });
    runtime.happenings!.onStarted("a");
    await clock.advance(0);
    assert.deepEqual(told, ["a is web", "a is web"]);
    assert.equal(runtimes.status().questions, 0);
  });

  it(`no more than ${MAX_ASKING} are asked for at once, no more than ${MAX_QUESTIONS} held; the rest is unknown and counted`, async () => {
    await runtimes.start();
    for (let i = 0; i < MAX_QUESTIONS + 10; i++) {
      runtime.containers.set(`c${i}`, "hang");
      runtimes.ask(`c${i}`, path);
    }
    await clock.advance(0);
    assert.equal(runtime.asked.length, MAX_ASKING);
    assert.equal(runtimes.status().questions, MAX_QUESTIONS);
    assert.equal(runtimes.status().dropped, 10);
    assert.equal(told.length, 10);
  });

  it("a runtime that hangs is left alone, its containers are unknown, and asked again when it answers", async () => {
    await runtimes.start();
    for (const id of ["a", "b", "c"]) {
      runtime.containers.set(id, "hang");
      runtimes.ask(id, path);
    }
    reachable = false;
    await clock.advance(DEADLINE);
    assert.equal(runtimes.status().runtimes[0]?.up, false);
    assert.equal(runtimes.status().runtimes[0]?.timeout, 3);
    assert.match(log.join(), /is lost: no answer in time/);
    await clock.advance(300);
    assert.deepEqual([...told].sort(), ["a is unknown", "b is unknown", "c is unknown"]);
    await clock.advance(60_000);
    // 100 ms doubled up to 10 s, three quarters of each
    assert.ok(opened > 8 && opened < 25, `${opened} tries in a minute`);
    for (const id of ["a", "b", "c"]) runtime.containers.set(id, { name: "back" });
    reachable = true;
    await clock.advance(10_000);
    assert.deepEqual([...told.slice(3)].sort(), ["a is back", "b is back", "c is back"]);
  });

  it("a runtime that restarts is asked again at once, and listed anew", async () => {
    runtime.containers.set("a", { name: "web" });
    runtime.containers.set("b", { name: "new" });
    await runtimes.start();
    runtimes.ask("a", path);
    await clock.advance(0);
    runtime.listed = [{ id: "b", running: true }];
    runtime.broken!(new RuntimeError("unreachable", "it closed the connection"));
    await clock.advance(150);
    assert.equal(runtimes.status().runtimes[0]?.connected, 2);
    assert.deepEqual(told, ["a is web", "a is gone", "b is new"]);
  });

  it("lists make up for events that were missed", async () => {
    for (const id of ["a", "b"]) runtime.containers.set(id, { name: "web" });
    runtime.listed = [
      { id: "a", running: true },
      { id: "ended", running: false },
    ];
    await runtimes.start();
    await clock.advance(0);
    assert.deepEqual(told, ["a is web"]);
    runtime.listed = [{ id: "b", running: true }];
    await clock.advance(60_000);
    assert.deepEqual(told, ["a is web", "a is gone", "b is web"]);
    runtime.happenings!.onGone("b");
    assert.deepEqual(told.at(-1), "b is gone");
    assert.equal(runtimes.status().gone, 2);
  });

  it("a socket that comes later is found, one that is gone is forgotten", async () => {
    const server = net.createServer();
    const others: string[] = [];
    const later = new ContainerRuntimes({
      sockets: [join(folder, "later")],
      environment: {},
      root: "",
      onFacts: ({ id }) => others.push(id),
      onUnknown: () => {},
      onGone: () => {},
      log: (_level, message) => log.push(message),
      clock,
      random: () => 0.5,
      open: () =>
        reachable ? Promise.resolve(runtime) : Promise.reject(new RuntimeError("unreachable", "ENOENT")),
    });
    await later.start();
    assert.match(log.join(), /no container runtime was found/);
    runtime.containers.set("a", { name: "web" });
    later.ask("a", path);
    await clock.advance(3000);
    await new Promise<void>((resolve) => server.listen(join(folder, "later"), resolve));
    for (let i = 0; i < 50 && others.length === 0; i++) {
      await clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.deepEqual(others, ["a"]);
    reachable = false;
    await new Promise((resolve) => server.close(resolve));
    runtime.broken!(new RuntimeError("unreachable", "gone"));
    await clock.advance(5000);
    await until("it is forgotten", () => {
      void clock.advance(5000);
      return later.status().runtimes.length === 0;
    });
    later.close();
  });

  it("a user's runtime is asked for that user's containers alone", async () => {
    const own = process.getuid!();
    const place = join(folder, `run/user/${own}`);
    mkdirSync(place, { recursive: true });
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(join(place, "docker.sock"), resolve));
    const users = new ContainerRuntimes({
      sockets: [],
      environment: {},
      root: folder,
      onFacts: ({ id }) => told.push(id),
      onUnknown: () => {},
      onGone: () => {},
      log: () => {},
      clock,
      random: () => 0.5,
      open: () => Promise.resolve(runtime),
    });
    for (const id of ["a", "b"]) runtime.containers.set(id, { name: "web" });
    await users.start();
    users.ask("a", path);
    users.ask("b", `/user.slice/user-${own}.slice/docker-b.scope`);
    await clock.advance(100);
    assert.deepEqual(told, ["b"]);
    assert.deepEqual(runtime.asked, ["b"]);
    users.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it("whatever a runtime throws is counted, and its text is not logged", async () => {
    runtime.containers.set("a", new TypeError("PASSWORD=secret"));
    await runtimes.start();
    runtimes.ask("a", path);
    await clock.advance(0);
    assert.equal(runtimes.status().runtimes[0]?.answer, 1);
    assert.match(log.join(), /cannot be read \(TypeError\)/);
    assert.doesNotMatch(log.join(), /secret/);
  });

  it("after close nothing is asked and nothing told", async () => {
    runtime.containers.set("a", { name: "web" });
    await runtimes.start();
    runtimes.close();
    runtimes.ask("a", path);
    await clock.advance(1_000_000);
    assert.deepEqual(told, []);
    assert.equal(runtime.closed, 1);
    assert.deepEqual(clock.pending, []);
  });
});
