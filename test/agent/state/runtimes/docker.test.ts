/**
 * Asking Docker, against a stand-in: Docker cannot be had here. What it answers is made after Docker's own API
 * (ContainerInspect of version 1.43). The real Podman is asked in test/system/runtimes.test.ts.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { factsOfDocker } from "../../../../agent/state/runtimes/docker-facts.ts";
import { openDocker } from "../../../../agent/state/runtimes/docker.ts";
import { MAX_ANSWER, RuntimeError, type RuntimeClient } from "../../../../agent/state/runtimes/runtime.ts";
import { systemClock, until } from "./clock.ts";

const id = "1f".repeat(32);
const sandboxId = "5a".repeat(32);
const imageId = `sha256:${"0c".repeat(32)}`;
const digest = `sha256:${"d1".repeat(32)}`;

const inspected = {
  Id: id,
  Created: "2026-11-26T01:02:03.123456789Z",
  Name: "/web",
  Image: imageId,
  State: { Status: "running", Running: true, Pid: 4711, StartedAt: "2026-11-26T01:02:04.5Z" },
  Mounts: [
    {
      Type: "bind",
      Source: "/etc",
      Destination: "/host/etc",
      Mode: "ro,Z",
      RW: false,
      Propagation: "rprivate",
    },
  ],
  HostConfig: { Privileged: true, PidMode: "host", NetworkMode: "bridge", IpcMode: "private" },
  Config: {
    Image: "nginx:1.25",
    Env: ["PATH=/bin", "NAME=caf\u00e9"],
    Labels: { team: "shop" },
    Healthcheck: { Test: ["CMD-SHELL", "curl -f localhost || exit 1"] },
  },
  NetworkSettings: {
    IPAddress: "172.17.0.2",
    Ports: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }], "53/udp": null },
  },
};

describe("Docker", () => {
  let folder: string;
  let server: http.Server;
  let client: RuntimeClient;
  let answers: Record<string, unknown>;
  const called: string[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-docker-"));
    const socket = join(folder, "s");
    called.length = 0;
    answers = {
      [`/containers/${id}/json`]: inspected,
      [`/images/${imageId}/json`]: { RepoTags: ["nginx:1.25"], RepoDigests: [`nginx@${digest}`] },
    };
    server = http.createServer((request, response) => {
      const path = request.url!.split("?")[0]!;
      called.push(path);
      if (path === "/_ping")
        return response.writeHead(200, { "Api-Version": "1.46", Server: "Docker/27.1.1 (linux)" }).end("OK");
      const answer = answers[path];
      if (typeof answer === "function") return (answer as (to: http.ServerResponse) => void)(response);
      if (answer === undefined) return response.writeHead(404).end('{"message":"No such container"}');
      return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    client = await openDocker(socket, systemClock, systemClock.now() + 5000);
  });
  afterEach(async () => {
    client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  const ask = (about = id, patience = 5000) => client.facts(about, "", systemClock.now() + patience);

  it("says what there is to know of a container", async () => {
    assert.deepEqual([client.type, client.version], ["docker", "27.1.1"]);
    assert.deepEqual(await ask(), {
      id,
      type: "docker",
      name: "web",
      image: "nginx:1.25",
      imageId: "0c".repeat(32),
      imageRepository: "nginx",
      imageTag: "1.25",
      imageDigest: digest,
      privileged: true,
      mounts: [
        {
          source: "/etc",
          destination: "/host/etc",
          mode: "ro,Z",
          writable: false,
          propagation: "rprivate",
        },
      ],
      env: ["PATH=/bin", "NAME=caf\xc3\xa9"],
      labels: [["team", "shop"]],
      ports: [
        { hostAddress: "0.0.0.0", hostPort: 8080, containerPort: 80, protocol: "tcp" },
        { hostAddress: "", hostPort: 0, containerPort: 53, protocol: "udp" },
      ],
      ip: "172.17.0.2",
      hostPid: true,
      hostNetwork: false,
      hostIpc: false,
      createdAt: BigInt(Date.UTC(2026, 10, 26, 1, 2, 3)) * 1_000_000n + 123_456_789n,
      startedAt: BigInt(Date.UTC(2026, 10, 26, 1, 2, 4)) * 1_000_000n + 500_000_000n,
      pid: 4711,
      healthcheck: ["/bin/sh", "-c", "curl -f localhost || exit 1"],
      livenessProbe: [],
      readinessProbe: [],
      pod: undefined,
      sandbox: false,
      leftOut: 0,
    });
  });

  it("keeps one connection, and asks for an image once", async () => {
    let connections = 0;
    server.on("connection", () => connections++);
    await ask();
    await ask();
    assert.equal(called.filter((path) => path.startsWith("/images/")).length, 1);
    assert.ok(connections <= 1, `${connections} connections`);
  });

  it("under Kubernetes names the pod by its labels and its sandbox", async () => {
    const labels = {
      "io.kubernetes.pod.name": "web-1",
      "io.kubernetes.pod.namespace": "shop",
      "io.kubernetes.pod.uid": "u-1",
      "io.kubernetes.sandbox.id": sandboxId,
    };
    answers[`/containers/${id}/json`] = { ...inspected, Config: { ...inspected.Config, Labels: labels } };
    answers[`/containers/${sandboxId}/json`] = {
      Id: sandboxId,
      Config: { Labels: { app: "web", "io.kubernetes.docker.type": "podsandbox", "annotation.a": "b" } },
      NetworkSettings: { Networks: { bridge: { IPAddress: "10.0.0.7" } } },
    };
    assert.deepEqual((await ask())?.pod, {
      sandboxId,
      name: "web-1",
      namespace: "shop",
      uid: "u-1",
      labels: [["app", "web"]],
      ip: "10.0.0.7",
      cniJson: "",
    });
  });

  it("labels of Kubernetes make no pod on Podman", () => {
    const labels = { "io.kubernetes.pod.name": "web-1", "io.kubernetes.pod.namespace": "kube-system" };
    const container = { ...inspected, Config: { Labels: labels } };
    assert.equal(factsOfDocker("docker", id, container, {}).pod?.namespace, "kube-system");
    assert.equal(factsOfDocker("podman", id, container, {}).pod, undefined);
  });

  for (const [test, command] of [
    [
      ["CMD", "curl", "-f", "x"],
      ["curl", "-f", "x"],
    ],
    [["NONE"], []],
    [undefined, []],
  ] as const)
    it(`a health check of ${JSON.stringify(test)} runs ${JSON.stringify(command)}`, () => {
      const container = { ...inspected, Config: { Healthcheck: { Test: test } } };
      assert.deepEqual(factsOfDocker("docker", id, container, {}).healthcheck, command);
    });

  it("does not know what it answers 404 to, and is not asked for what is no id of its", async () => {
    assert.equal(await ask("99".repeat(32)), undefined);
    assert.equal(await ask("../images"), undefined);
    assert.ok(!called.includes("/images/json"));
  });

  it("answers of other types read as empty", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (some, other) => {
        const parts = { Config: some, HostConfig: other, Mounts: [some], NetworkSettings: { Ports: other } };
        factsOfDocker("docker", id, some, { image: other, sandbox: some, pod: other });
        factsOfDocker("podman", id, parts, {});
      }),
      { numRuns: 500 },
    );
  });

  const faults: readonly (readonly [string, (to: http.ServerResponse) => void, RuntimeError["fault"]])[] = [
    ["HTTP 500", (to) => to.writeHead(500).end('{"message":"secret"}'), "answer"],
    [
      "JSON that is none",
      (to) => to.writeHead(200, { "content-type": "application/json" }).end("{"),
      "answer",
    ],
    [
      "another container",
      (to) => to.writeHead(200, { "content-type": "application/json" }).end("{}"),
      "answer",
    ],
    ["nothing", () => undefined, "timeout"],
    ["half an answer", (to) => to.writeHead(200, { "content-length": "100" }).write("{"), "timeout"],
    ["a closed connection", (to) => to.destroy(), "unreachable"],
    ["more than 16 MiB", (to) => to.writeHead(200).end(Buffer.alloc(MAX_ANSWER + 1, " ")), "size"],
  ];
  for (const [what, answer, fault] of faults)
    it(`${what} is a fault of the kind ${fault}, and the next question is answered`, async () => {
      answers[`/containers/${id}/json`] = answer;
      await assert.rejects(ask(id, fault === "timeout" ? 50 : 5000), (error) => {
        assert.ok(error instanceof RuntimeError);
        assert.equal(error.fault, fault);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
      answers[`/containers/${id}/json`] = inspected;
      assert.equal((await ask())?.name, "web");
    });

  it("lists, and tells what starts and what is removed until its stream ends", async () => {
    answers["/containers/json"] = [
      { Id: id, State: "running" },
      { Id: sandboxId, State: "exited" },
      { Id: "nonsense" },
    ];
    assert.deepEqual(await client.list(systemClock.now() + 5000), [
      { id, running: true },
      { id: sandboxId, running: false },
    ]);
    let stream: http.ServerResponse | undefined;
    answers["/events"] = (to: http.ServerResponse) => void (stream = to.writeHead(200)).flushHeaders();
    const told: string[] = [];
    const watching = client.watch({
      onStarted: (name) => told.push(`started ${name}`),
      onGone: (name) => told.push(`gone ${name}`),
    });
    await until("the stream is open", () => stream !== undefined);
    const line = `${JSON.stringify({ Type: "container", Action: "start", Actor: { ID: id } })}\n`;
    stream!.write(line.slice(0, 20));
    stream!.write(line.slice(20));
    stream!.write(`${JSON.stringify({ status: "destroy", id: sandboxId })}\n{"Action":"start"}\n\n`);
    await until("both were told", () => told.length === 2);
    assert.deepEqual(told, [`started ${id}`, `gone ${sandboxId}`]);
    stream!.end();
    await assert.rejects(watching, /ended its stream/);
  });

  it("a stream of lines without end is given up", async () => {
    answers["/events"] = (to: http.ServerResponse) => void to.writeHead(200).write("x".repeat(1_100_000));
    await assert.rejects(client.watch({ onStarted: () => {}, onGone: () => {} }), /too long/);
  });
});
