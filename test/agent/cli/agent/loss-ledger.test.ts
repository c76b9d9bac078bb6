import assert from "node:assert/strict";
import { actOnLoss } from "../../../../agent/cli/agent/drop-actions.ts";
import { CHANGES, LossLedger, OWNERS } from "../../../../agent/cli/agent/loss-ledger.ts";
import { lossOf, ownerText } from "../../../../agent/cli/agent/loss-owner.ts";
import type { Alert } from "../../../../agent/engine/alert.ts";
import { hostContainer, unknownContainer } from "../../../../agent/state/container-id.ts";
import type { Container } from "../../../../agent/state/types.ts";

const web: Container = { id: "0123456789abcdef", type: "containerd", cgroupPath: "/k8s.io/0123456789abcdef" };

function ledger(containers: Readonly<Record<string, Container>> = {}) {
  return new LossLedger({
    container: (cgroup) => containers[`${cgroup}`] ?? { ...web, id: `c${cgroup}` },
    path: (cgroup) => (cgroup === 7n ? "/system.slice/cron.service" : undefined),
    event: (type) => ["openat", "unlink"][type]!,
  });
}
const drop = (cgroup: number, count: number, type = 0, cause: "ring_share" | "ring_full" = "ring_share") => ({
  cgroup: BigInt(cgroup),
  type,
  cause,
  count,
});
const none: ReadonlyMap<bigint, number> = new Map();
const told = ({ owners, others }: ReturnType<LossLedger["losses"]>) => [
  ...owners.map(({ container, drops }) => [
    container,
    ...drops.map(({ cause, event, count }) => `${cause} ${event} ${count}`),
  ]),
  others,
];

describe("whose events were lost", () => {
  it("is added up by container, whatever cgroups it has, by cause and type", () => {
    const book = ledger({ 1: web, 2: web });
    book.take({ drops: [drop(1, 3), drop(2, 4), drop(2, 1, 1), drop(3, 9, 0, "ring_full")], demand: none });
    book.take({ drops: [drop(1, 5), drop(2, 4), drop(2, 1, 1), drop(3, 9, 0, "ring_full")], demand: none });
    assert.deepEqual(told(book.losses(19)), [
      ["c3", "ring_full openat 9"],
      [web.id, "ring_share openat 9", "ring_share unlink 1"],
      0,
    ]);
  });

  it("is a host's cgroup by its path, and nobody where the cgroup is gone", () => {
    const book = ledger({ 6: unknownContainer, 7: hostContainer, 8: hostContainer });
    book.take({ drops: [drop(6, 1), drop(7, 3), drop(8, 2)], demand: none });
    assert.deepEqual(book.losses(6).owners.map(ownerText), [
      "the host's cgroup /system.slice/cron.service",
      "the host's cgroup (gone)",
      "a cgroup that is gone",
    ]);
  });

  it("counts an entry whole that the kernel forgot and began anew", () => {
    const book = ledger();
    book.take({ drops: [drop(1, 10)], demand: none });
    book.take({ drops: [], demand: none });
    book.take({ drops: [drop(1, 2)], demand: none });
    book.take({ drops: [drop(1, 1)], demand: none });
    assert.deepEqual(told(book.losses(15)), [["c1", "ring_share openat 13"], 2]);
  });

  it("keeps a bounded number of owners and takes a bounded number of changes in; the rest are others", () => {
    const book = ledger();
    const many = Array.from({ length: 2 * CHANGES }, (_, i) => drop(i, i + 1));
    book.take({ drops: many, demand: none });
    const total = many.reduce((sum, { count }) => sum + count, 0);
    const { owners, others } = book.losses(total);
    assert.equal(owners.length, OWNERS);
    assert.equal(owners.reduce((sum, owner) => sum + lossOf(owner), 0) + others, total);
    assert.equal(book.losses(total - 1).others, others, "never less than before");
  });

  it("remembers what those wanted who wanted most, only while something is lost", () => {
    const book = ledger();
    book.take({ drops: [], demand: new Map([[5n, 1000]]) });
    book.take({ drops: [drop(1, 1)], demand: new Map([[5n, 1100]]) });
    assert.deepEqual(
      book.losses(1).owners.map(({ container, demand }) => [container, demand]),
      [
        ["c1", 0],
        ["c5", 100],
      ],
    );
  });

  it("takes name, image and pod from what is known when it is asked", () => {
    const container: Container = { ...web };
    const book = ledger({ 1: container });
    book.take({ drops: [drop(1, 1)], demand: none });
    const owner = () => ownerText(book.losses(1).owners[0]!);
    assert.equal(owner(), "container 0123456789ab (cgroup /k8s.io/0123456789abcdef)");
    const facts = { name: "web", image: "nginx:1", pod: { name: "w\xc3\xa9b-1", namespace: "shop" } };
    Object.assign(container, { facts });
    assert.equal(owner(), "container web (id 0123456789ab, image nginx:1, pod shop/wéb-1)");
  });

  it("is said in log and alert, with the flooder's facts as fields", () => {
    const book = ledger({ 1: { ...web, pod: { name: "web-1", namespace: "shop" } as Container["pod"] } });
    book.take({ drops: [drop(1, 8), drop(1, 2, 1), drop(2, 1)], demand: new Map([[1n, 99]]) });
    const { owners } = book.losses(11);
    const said: string[] = [];
    const alerts: Alert[] = [];
    actOnLoss(
      { dropped: 11, events: 5, causes: { ring_share: 11 }, owners, flooder: owners[1] },
      ["log", "alert"],
      {
        log: (_, message) => said.push(message),
        publish: (all) => alerts.push(...all),
        stop: assert.fail,
        hostname: "n",
        now: () => 1n,
      },
    );
    const text =
      "11 events were lost in the last second, 5 arrived (ring_share 11)" +
      "; 1 of container c2 (cgroup /k8s.io/0123456789abcdef): openat 1" +
      "; 10 of container 0123456789ab (pod shop/web-1): openat 8, unlink 2" +
      "; most of the ring was wanted by container 0123456789ab (pod shop/web-1)";
    assert.deepEqual(said, [text]);
    assert.equal(alerts[0]!.rule, "Tiercel internal: syscall event drop");
    assert.deepEqual(Object.fromEntries(alerts[0]!.fields), {
      n_drops: 11,
      n_evts: 5,
      n_drops_ring_share: 11,
      "container.id": "0123456789ab",
      "k8s.ns.name": "shop",
      "k8s.pod.name": "web-1",
      cgroup: "/k8s.io/0123456789abcdef",
    });
  });
});
