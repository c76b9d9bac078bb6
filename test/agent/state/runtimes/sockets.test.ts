import assert from "node:assert/strict";
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findSockets, mayTell, namedSockets } from "../../../../agent/state/runtimes/sockets.ts";

describe("sockets of container runtimes", () => {
  let root: string;
  const servers: net.Server[] = [];
  const own = process.getuid!();

  const listen = async (path: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    const server = net.createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(join(root, path), resolve));
  };
  const find = async (sockets: string[] = [], environment = {}) =>
    (await findSockets({ sockets, environment, root })).map(({ path }) => path.slice(root.length));

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "tiercel-root-"));
  });
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
    rmSync(root, { recursive: true });
  });

  for (const path of [
    "/run/containerd/containerd.sock",
    "/run/crio/crio.sock",
    "/run/k3s/containerd/containerd.sock",
    "/run/k0s/containerd.sock",
    "/var/snap/microk8s/common/run/containerd.sock",
    "/run/dockershim.sock",
    "/run/host-containerd/containerd.sock",
    "/run/cri-dockerd.sock",
    "/run/docker.sock",
    "/run/podman/podman.sock",
    `/run/user/${own}/podman/podman.sock`,
    `/run/user/${own}/docker.sock`,
  ])
    it(`are found at ${path}`, async () => {
      assert.deepEqual(await find(), []);
      await listen(path);
      assert.deepEqual(await find(), [path]);
    });

  it("are found once where two paths lead to one, and not where a file stands in the place", async () => {
    await listen("/run/containerd/containerd.sock");
    symlinkSync("containerd/containerd.sock", join(root, "run/dockershim.sock"));
    writeFileSync(join(root, "run/docker.sock"), "");
    assert.deepEqual(await find(), ["/run/containerd/containerd.sock"]);
  });

  it("of a user are no links and the user's own, and tell of that user's containers alone", async function () {
    await listen("/run/docker.sock");
    mkdirSync(join(root, `run/user/${own}`), { recursive: true });
    await listen("/srv/somebody.sock");
    symlinkSync("../../../srv/somebody.sock", join(root, `run/user/${own}/docker.sock`));
    await listen("/run/user/4711/docker.sock");
    assert.deepEqual(await find(), ["/run/docker.sock"]);
    if (own !== 0) return;
    chownSync(join(root, "run/user/4711/docker.sock"), 4711, 0);
    assert.deepEqual(await find(), ["/run/docker.sock", "/run/user/4711/docker.sock"]);
    const [ofRoot, ofUser] = await findSockets({ sockets: [], environment: {}, root });
    const path = "/user.slice/user-4711.slice/user@4711.service/user.slice/libpod-1.scope";
    assert.equal(mayTell(ofUser!, path), true);
    assert.equal(mayTell(ofUser!, path.replace("user-4711", "user-47110")), false);
    assert.equal(mayTell(ofUser!, "/kubepods/pod1/2"), false);
    assert.equal(mayTell(ofRoot!, "/kubepods/pod1/2"), true);
  });

  it("that somebody named are the only ones: the setting, then CONTAINER_RUNTIME_ENDPOINT", async () => {
    await listen("/run/containerd/containerd.sock");
    await listen("/srv/a.sock");
    await listen("/srv/b.sock");
    const environment = { CONTAINER_RUNTIME_ENDPOINT: "unix:///srv/b.sock" };
    assert.deepEqual(await find(["/srv/a.sock"], environment), ["/srv/a.sock"]);
    assert.deepEqual(await find([], environment), ["/srv/b.sock"]);
    assert.deepEqual(await find(["unix:///var/run/containerd/containerd.sock"]), [
      "/run/containerd/containerd.sock",
    ]);
    assert.deepEqual(namedSockets({ sockets: ["tcp://host:1", "/a"], environment: {}, root }), {
      paths: ["/a"],
      wrong: ["tcp://host:1"],
    });
  });
});
