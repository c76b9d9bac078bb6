import assert from "node:assert/strict";
import { CgroupPaths } from "../../../agent/state/cgroup-paths.ts";
import { HostFacts, addressBytes, hostname, localAddresses } from "../../../agent/state/host.ts";
import { mountPoints, mountsOf } from "../../../agent/state/mounts.ts";
import { parseServices } from "../../../agent/state/services.ts";
import type { Users } from "../../../agent/state/types.ts";

const users: Users = { user: () => undefined, group: () => undefined };
const id = "c0ffee".padEnd(64, "0");

describe("host facts", () => {
  it("take the hostname from the environment before the host's own", () => {
    assert.equal(hostname({ FALCO_HOSTNAME: "a", NODE_NAME: "b" }, "c"), "a");
    assert.equal(hostname({ FALCO_HOSTNAME: "", NODE_NAME: "b" }, "c"), "b");
    assert.equal(hostname({}, "c"), "c");
  });

  it("answer from what was set last", () => {
    const host = new HostFacts({ hostname: "n", bootTime: 5n, users, process: () => undefined });
    assert.equal(host.isLocalAddress("\x0a\0\0\x01"), false);
    host.setAddresses(
      localAddresses({ eth0: [{ address: "10.0.0.1" }, { address: "fe80::1%eth0" }], lo: undefined }),
    );
    host.setServices("ssh 22/tcp\n");
    host.setMounts("1 0 259:1 / / rw - ext4 /dev/root rw\n");
    assert.deepEqual(host.addressNames("\x0a\0\0\x01"), []);
    host.setAddressNames(new Map([["\x0a\0\0\x01", ["a.example"]]]));
    assert.deepEqual(host.addressNames("\x0a\0\0\x01"), ["a.example"]);
    assert.equal(host.isLocalAddress("\x0a\0\0\x01"), true);
    assert.equal(host.isLocalAddress(addressBytes("fe80::1")!), true);
    assert.equal(host.isLocalAddress("\x7f\0\0\x09"), true);
    assert.equal(host.serviceName(22, "tcp"), "ssh");
    assert.equal(host.mountPoint(259 * 1_048_576 + 1), "/");
    assert.equal(host.mountPoint(3), undefined);
  });

  const addresses: [string, number[] | undefined][] = [
    ["1.2.3.4", [1, 2, 3, 4]],
    ["::", Array.from({ length: 16 }, () => 0)],
    ["::1", [...Array.from({ length: 15 }, () => 0), 1]],
    ["2001:db8::ff00:42:8329", [32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 255, 0, 0, 66, 131, 41]],
    ["1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
    ["1:2:3", undefined],
    ["word", undefined],
  ];
  for (const [text, bytes] of addresses)
    it(`reads the address ${text}`, () =>
      assert.equal(addressBytes(text), bytes && String.fromCharCode(...bytes)));

  it("read /etc/services: comments, aliases, the first of a port", () => {
    const services = parseServices(
      "# top\nhttp\t80/tcp www # web\nhttp-alt 80/tcp\ndomain 53/udp\nbad 1x/tcp\n\nno\n",
    );
    assert.deepEqual(
      [...services],
      [
        ["80/tcp", "http"],
        ["53/udp", "domain"],
      ],
    );
  });
});

describe("mounts", () => {
  const mountinfo = [
    "22 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw",
    "23 22 0:21 / /proc rw - proc proc rw",
    "24 22 8:17 / /mnt/with\\040blank rw - xfs /dev/sdb1 rw",
    "25 22 8:17 / /data rw shared:2 master:1 - xfs /dev/sdb1 rw",
    "26 22 8:33 /part /part rw - ext4 /dev/sdc1 rw",
    "27 22 259:1 /var/lib/x /bind rw - ext4 /dev/root rw",
    "broken line",
  ].join("\n");

  it("are found by device, the shortest place of a whole file system", () => {
    const points = mountPoints(mountsOf(mountinfo));
    const dev = (major: number, minor: number) => major * 1_048_576 + minor;
    assert.deepEqual(
      [...points],
      [
        [dev(259, 1), "/"],
        [dev(0, 21), "/proc"],
        [dev(8, 17), "/data"],
      ],
    );
    assert.equal(mountsOf(mountinfo)[2]?.point, "/mnt/with blank");
  });
});

describe("cgroup paths", () => {
  it("ask the kernel once for an id, and remember also that it did not know", () => {
    const asked: bigint[] = [];
    const paths = new CgroupPaths({
      resolve: (cgroup) => {
        asked.push(cgroup);
        return cgroup === 5n ? `/k8s.io/${id}/below` : undefined;
      },
    });
    assert.equal(paths.container(5n).id, id);
    assert.equal(paths.container(5n).id, id);
    assert.equal(paths.container(6n).id, "");
    assert.equal(paths.container(6n).id, "");
    assert.deepEqual(asked, [5n, 6n]);
    assert.equal(paths.unresolved, 1);
    paths.learn(6n, "/");
    assert.equal(paths.container(6n).id, "host");
  });

  it("give one object for all cgroups of a container", () => {
    const paths = new CgroupPaths();
    assert.equal(paths.learn(1n, `/docker/${id}`), paths.learn(2n, `/docker/${id}/docker/${"1".repeat(64)}`));
  });

  it("are bounded, the oldest goes first", () => {
    const paths = new CgroupPaths({ capacity: 3 });
    for (let i = 1n; i <= 5n; i++) paths.learn(i, `/default/c${i}`);
    assert.equal(paths.evicted, 2);
    assert.equal(paths.container(1n).id, "");
    assert.equal(paths.container(5n).id, "c5");
  });
});
