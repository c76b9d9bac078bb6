/**
 * Asking runtimes of Kubernetes, against a stand-in that speaks gRPC: CRI-O cannot be had here (its answers' shape is
 * that of cri-o/cri-o, server/container_status.go), and a real runtime does not answer wrongly when it is asked to.
 * The real containerd is asked in test/system/runtimes.test.ts.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { ContainerFacts } from "../../../../agent/state/container-facts.ts";
import { openCri } from "../../../../agent/state/runtimes/cri.ts";
import { MAX_ENTRIES } from "../../../../agent/state/runtimes/bounds.ts";
import { GrpcClient, GrpcRefusal } from "../../../../agent/state/runtimes/grpc.ts";
import { type Field, message } from "../../../../agent/state/runtimes/protobuf.ts";
import { MAX_ANSWER, RuntimeError, type RuntimeClient } from "../../../../agent/state/runtimes/runtime.ts";
import { type GrpcServer, type Method, begin, frame, grpcServer } from "../../../support/grpc-server.ts";
import { FakeClock, systemClock, until } from "./clock.ts";

const id = "1f".repeat(32);
const sandboxId = "5a".repeat(32);
const imageId = `sha256:${"0c".repeat(32)}`;
const digest = `sha256:${"d1".repeat(32)}`;

const entries = (field: number, values: Record<string, string>): Field[] =>
  Object.entries(values).map(([name, value]) => [field, message([1, name], [2, value])] as const);

/** ContainerStatusResponse. */
function containerStatus(
  parts: { image?: Field[]; imageRef?: string; imageId?: string; annotations?: Record<string, string> },
  info: unknown,
): Uint8Array {
  const status = message(
    [1, id],
    [2, message([1, "web"])],
    [3, 1],
    [4, 1_700_000_000_000_000_000],
    [5, 1_700_000_001_000_000_000],
    [8, message(...(parts.image ?? []))],
    [9, parts.imageRef ?? ""],
    [17, parts.imageId ?? ""],
    ...entries(12, {
      "io.kubernetes.pod.name": "web-1",
      "io.kubernetes.pod.namespace": "shop",
      "io.kubernetes.pod.uid": "u-1",
    }),
    ...entries(13, parts.annotations ?? {}),
    [14, message([1, "/data"], [2, "/var/lib/data"], [3, true], [5, 1])],
  );
  const json = Buffer.from(JSON.stringify(info)).toString("latin1");
  return message([1, status], ...entries(2, info === undefined ? {} : { info: json }));
}

/** PodSandboxStatusResponse. */
function sandboxStatus(info: unknown, annotations: Record<string, string> = {}, network = 0): Uint8Array {
  const status = message(
    [1, sandboxId],
    [2, message([1, "web-1"], [2, "u-1"], [3, "shop"])],
    [4, 1_700_000_000_000_000_000],
    [5, message([1, "10.0.0.7"])],
    [6, message([1, message([2, message([1, network])])])],
    ...entries(7, { app: "web", "io.kubernetes.pod.name": "web-1" }),
    ...entries(8, annotations),
  );
  return message([1, status], ...entries(2, { info: JSON.stringify(info) }));
}

const refuse = (status: number) => () => ({ status });
const notFound = refuse(5);

/** What CRI-O tells beyond the interface. */
const crioInfo = {
  sandboxID: sandboxId,
  pid: 4711,
  privileged: true,
  runtimeSpec: {
    process: { env: ["PATH=/bin", "NAME=caf\u00e9"] },
    annotations: { "io.kubernetes.cri-o.ImageName": "quay.io/team/web:v2" },
    linux: { namespaces: [{ type: "pid" }, { type: "network", path: "/run/netns/1" }, { type: "ipc" }] },
  },
};
const crioNetwork = '{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.7/16"}]}';

describe("runtimes of Kubernetes", () => {
  let folder: string;
  let socket: string;
  let server: GrpcServer;
  let client: RuntimeClient | undefined;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-cri-"));
    socket = join(folder, "s");
    server = await grpcServer(socket, { Version: () => message([1, "0.1.0"], [2, "cri-o"], [3, "1.30.2"]) });
  });
  afterEach(async () => {
    client?.close();
    client = undefined;
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const soon = (milliseconds = 5000) => systemClock.now() + milliseconds;
  const ask = async (methods: Record<string, Method>, about = id): Promise<ContainerFacts | undefined> => {
    Object.assign(server.methods, methods);
    client ??= await openCri(socket, systemClock, soon());
    return await client.facts(about, "", soon());
  };

  it("CRI-O: name, image, pod, mounts, privileged, network", async () => {
    const facts = await ask({
      ContainerStatus: () =>
        containerStatus(
          {
            image: [[1, imageId]],
            imageRef: `quay.io/team/web@${digest}`,
            annotations: {
              "io.kubernetes.container.ports":
                '[{"name":"http","hostPort":8080,"containerPort":80,"protocol":"TCP"}]',
            },
          },
          crioInfo,
        ),
      PodSandboxStatus: () =>
        sandboxStatus(
          { pid: 1, runtimeSpec: { annotations: { "io.kubernetes.cri-o.CNIResult": crioNetwork } } },
          {
            "kubectl.kubernetes.io/last-applied-configuration":
              '{"spec":{"containers":[{"name":"web","livenessProbe":{"exec":{"command":["cat","/live"]}},"readinessProbe":{"httpGet":{}}}]}}',
          },
        ),
      ImageStatus: () => message([1, message([1, imageId], [2, "quay.io/team/web:v1"])]),
    });
    assert.deepEqual(facts, {
      id,
      type: "cri-o",
      name: "web",
      image: "quay.io/team/web:v2",
      imageId: "0c".repeat(32),
      imageRepository: "quay.io/team/web",
      imageTag: "v2",
      imageDigest: digest,
      privileged: true,
      mounts: [
        { source: "/var/lib/data", destination: "/data", mode: "", writable: false, propagation: "rslave" },
      ],
      env: ["PATH=/bin", "NAME=caf\xc3\xa9"],
      labels: [
        ["io.kubernetes.pod.name", "web-1"],
        ["io.kubernetes.pod.namespace", "shop"],
        ["io.kubernetes.pod.uid", "u-1"],
      ],
      ports: [{ hostAddress: "", hostPort: 8080, containerPort: 80, protocol: "tcp" }],
      ip: "10.0.0.7",
      hostPid: false,
      hostNetwork: false,
      hostIpc: false,
      createdAt: 1_700_000_000_000_000_000n,
      startedAt: 1_700_000_001_000_000_000n,
      pid: 4711,
      healthcheck: [],
      livenessProbe: ["cat", "/live"],
      readinessProbe: [],
      pod: {
        sandboxId,
        name: "web-1",
        namespace: "shop",
        uid: "u-1",
        labels: [["app", "web"]],
        ip: "10.0.0.7",
        cniJson: crioNetwork,
      },
      sandbox: false,
      leftOut: 0,
    });
  });

  it("a pod's pause container is found as a sandbox; the node's network is seen", async () => {
    const facts = await ask(
      {
        ContainerStatus: notFound,
        PodSandboxStatus: () => sandboxStatus({ image: "registry/pause:3" }, {}, 2),
      },
      sandboxId,
    );
    assert.equal(facts?.sandbox, true);
    assert.equal(facts.hostNetwork, true);
    assert.equal(facts.image, "docker.io/registry/pause:3");
    assert.equal(facts.pod?.name, "web-1");
  });

  const asked: readonly (readonly [what: string, image: Field[], ref: string, want: string[]])[] = [
    [
      "an image pulled by digest has its name, no tag and the digest (reports R36)",
      [[1, imageId]],
      `docker.io/library/app@${digest}`,
      ["docker.io/library/app", "", digest],
    ],
    [
      "the name in the pod's spec counts before the first tag of the image",
      [
        [1, "docker.io/library/app:first"],
        [18, "app:asked"],
      ],
      `docker.io/library/app@${digest}`,
      ["docker.io/library/app", "asked", digest],
    ],
    [
      "an image without any name is called by what the image store has",
      [[1, imageId]],
      imageId,
      ["docker.io/library/stored", "1", ""],
    ],
  ];
  for (const [what, image, imageRef, want] of asked)
    it(what, async () => {
      const facts = await ask({
        ContainerStatus: () => containerStatus({ image, imageRef, imageId }, { pid: 1 }),
        ImageStatus: () => message([1, message([1, imageId], [2, "docker.io/library/stored:1"])]),
      });
      assert.deepEqual([facts?.imageRepository, facts?.imageTag, facts?.imageDigest], want);
      assert.equal(facts?.imageId, "0c".repeat(32));
    });

  it("without sandbox and image the labels still name the pod", async () => {
    const facts = await ask({ ContainerStatus: () => containerStatus({ image: [[1, "a:1"]] }, crioInfo) });
    assert.deepEqual([facts?.pod?.name, facts?.pod?.namespace, facts?.pod?.uid], ["web-1", "shop", "u-1"]);
    assert.equal(facts?.pod?.sandboxId, "");
  });

  for (const count of [3000, 10_000])
    it(`${count} environment variables: the excess is counted, all else is right (reports R38)`, async () => {
      const env = Array.from({ length: count }, (_, i) => `VARIABLE_${i}=${"x".repeat(90)}`);
      const info = { ...crioInfo, runtimeSpec: { ...crioInfo.runtimeSpec, process: { env } } };
      const facts = await ask({ ContainerStatus: () => containerStatus({ image: [[1, "a:1"]] }, info) });
      assert.equal(facts?.name, "web");
      assert.equal(facts.env[0], env[0]);
      assert.ok(facts.env.length <= MAX_ENTRIES.env);
      assert.equal(facts.leftOut, count - facts.env.length);
    });

  it("v1alpha2 is spoken where v1 is not there", async () => {
    const version = server.methods["Version"]!;
    server.methods["Version"] = (request, stream) =>
      server.called.at(-1)!.includes("v1alpha2") ? version(request, stream) : { status: 12 };
    await ask({ ContainerStatus: () => containerStatus({}, {}) });
    assert.ok(server.called.includes("/runtime.v1alpha2.RuntimeService/ContainerStatus"));
  });

  it("one that nobody knows is unknown; one of another id is not taken for it", async () => {
    assert.equal(await ask({ ContainerStatus: notFound, PodSandboxStatus: notFound }), undefined);
    const other = await ask({ ContainerStatus: () => containerStatus({}, {}) }, "99".repeat(32));
    assert.equal(other, undefined);
  });

  it("answers whose parts are of other types read as empty, and are no fault of ours", async () => {
    const values = fc.anything({ withNullPrototype: true, maxDepth: 4 }).filter((value) => {
      try {
        return JSON.stringify(value) !== undefined;
      } catch {
        return false;
      }
    });
    const info = fc.record(
      {
        sandboxID: values,
        pid: values,
        privileged: values,
        config: fc.oneof(values, fc.record({ image: values, linux: values, envs: values })),
        runtimeSpec: fc.oneof(
          values,
          fc.record({ process: values, annotations: values, linux: values, mounts: values }),
        ),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(info, async (made) => {
        const facts = await ask({ ContainerStatus: () => containerStatus({ image: [[1, "a:1"]] }, made) });
        assert.equal(facts?.image, "docker.io/library/a:1");
      }),
      { numRuns: 100 },
    );
  });

  const faults: readonly (readonly [what: string, method: Method, fault: RuntimeError["fault"]])[] = [
    [
      "JSON that is none",
      () => message([1, message([1, id])], [2, message([1, "info"], [2, "{"])]),
      "answer",
    ],
    ["a message that is none", () => Uint8Array.from([0x0a, 0x7f]), "answer"],
    ["a refusal", refuse(13), "answer"],
    [
      "a status that is no number",
      (_, stream) => void stream.respond({ "grpc-status": "no" }, { endStream: true }),
      "answer",
    ],
    ["no message", (_, stream) => void (begin(stream), stream.end()), "answer"],
    [
      "more than 16 MiB",
      (_, stream) => {
        begin(stream);
        const prefix = frame(new Uint8Array());
        prefix.writeUInt32BE(MAX_ANSWER + 1, 1);
        stream.write(prefix);
        return undefined;
      },
      "size",
    ],
    [
      "a compressed message",
      (_, stream) => {
        begin(stream);
        stream.write(Uint8Array.from([1, 0, 0, 0, 0]));
        return undefined;
      },
      "answer",
    ],
    ["a connection closed in the middle", (_, stream) => void stream.session?.destroy(), "unreachable"],
    [
      "half a message and no end",
      (_, stream) => {
        begin(stream);
        stream.write(frame(new Uint8Array(100)).subarray(0, 50));
        return undefined;
      },
      "timeout",
    ],
    ["nothing", () => undefined, "timeout"],
  ];
  for (const [what, method, fault] of faults)
    it(`${what} is a fault of the kind ${fault}, and the next question is answered`, async () => {
      await ask({ ContainerStatus: notFound, PodSandboxStatus: notFound });
      server.methods["ContainerStatus"] = method;
      await assert.rejects(client!.facts(id, "", soon(fault === "timeout" ? 50 : 5000)), (error) => {
        assert.ok(error instanceof RuntimeError);
        assert.equal(error.fault, fault);
        return true;
      });
      server.methods["ContainerStatus"] = () => containerStatus({ image: [[1, "a:1"]] }, {});
      assert.equal((await ask({}))?.name, "web");
    });

  it("a deadline is one of the clock, and one that is past asks nothing", async () => {
    const clock = new FakeClock();
    const grpc = new GrpcClient({ socket, clock, largest: 100 });
    server.methods["Slow"] = () => undefined;
    const failed = assert.rejects(
      grpc.call("/x/Slow", new Uint8Array(), { until: 2000 }),
      /no answer in time/,
    );
    await until("it is asked", () => server.called.length > 0);
    await clock.advance(2000);
    await failed;
    await assert.rejects(grpc.call("/x/Slow", new Uint8Array(), { until: 2000 }), /no answer in time/);
    assert.equal(server.called.length, 1);
    await assert.rejects(grpc.call("/x/None", new Uint8Array(), {}), GrpcRefusal);
    grpc.close();
  });

  it("all containers are listed, ended ones too, and events told where there are some", async () => {
    const container = (name: string, state: number) => message([1, name], [6, state]);
    await ask({
      ContainerStatus: notFound,
      PodSandboxStatus: notFound,
      ListContainers: () => message([1, container("a", 1)], [1, container("b", 2)]),
      ListPodSandbox: () => message([1, message([1, "s"], [3, 0])], [1, message([1, "t"], [3, 1])]),
      GetContainerEvents: (_, stream) => {
        begin(stream);
        stream.write(frame(message([1, "made"], [2, 0])));
        stream.write(frame(message([1, "a"], [2, 1])));
        stream.end(frame(message([1, "b"], [2, 3])));
        return undefined;
      },
    });
    assert.deepEqual(
      new Map((await client!.list(soon())).map((item) => [item.id, item.running])),
      new Map([
        ["a", true],
        ["b", false],
        ["s", true],
        ["t", false],
      ]),
    );
    const told: string[] = [];
    const happenings = {
      onStarted: (name: string) => told.push(`started ${name}`),
      onGone: (name: string) => told.push(`gone ${name}`),
    };
    await client!.watch(happenings);
    assert.deepEqual(told, ["started made", "started a", "gone b"]);
    delete server.methods["GetContainerEvents"];
    await client!.watch(happenings);
  });
});
