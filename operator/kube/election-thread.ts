/** Renews the Lease on a thread of its own: a rule set that takes long to compile must not cost the leadership. */
import { parentPort, workerData } from "node:worker_threads";
import { KubeClient } from "../../agent/kube/client.ts";
import { systemClock } from "../../agent/kube/clock.ts";
import { CredentialCache, type Material } from "../../agent/kube/credentials.ts";
import { asFault } from "../../agent/kube/fault.ts";
import type { ElectionData, FromElection, ToElection } from "./election-messages.ts";
import { Elector } from "./elector.ts";
import { leaseStore } from "./lease.ts";

const data = workerData as ElectionData;
const port = parentPort!;
const say = (message: FromElection) => port.postMessage(message);
const now = () => Number(process.hrtime.bigint() / 1_000_000n);

let material: Material = data.material;
const names = { token: "the operator's credentials", certificates: "the operator's credentials" };
const credentials = new CredentialCache(
  async () => material,
  names,
  () => systemClock.now(),
);
const { deadline } = data.times;
const client = new KubeClient({
  access: {
    server: new URL(data.server),
    serverName: data.serverName,
    insecure: data.insecure,
    ca: undefined,
    token: undefined,
    client: undefined,
    origin: "",
  },
  clock: systemClock,
  userAgent: data.userAgent,
  credentials,
  // One dead connection must leave time for another try.
  times: { answer: deadline / 3, stall: deadline / 3, whole: deadline / 2, idle: deadline },
});

let told = false;
let lapse = () => {};
const elector = new Elector({
  identity: data.identity,
  store: leaseStore(client, data.namespace, data.name),
  times: data.times,
  now,
  wall: Date.now,
  random: Math.random,
  onHeld(until) {
    Atomics.store(data.until, 0, BigInt(until) * 1_000_000n);
    lapse();
    lapse = until > 0 ? systemClock.after(Math.max(0, until - now()) + 5, tell) : () => {};
    tell();
  },
});

function tell(): void {
  const { leads, holder } = elector;
  if (leads === told) return;
  told = leads;
  say({ kind: "leads", leads, holder });
}

let ending = false;
let wake = () => {};

port.on("message", (message: ToElection) => {
  switch (message.kind) {
    case "credentials":
      material = message.material;
      credentials.expire();
      break;
    case "release":
      ending = true;
      wake();
      break;
  }
});

while (!ending) {
  let wait: number;
  try {
    wait = await elector.attempt();
  } catch (error) {
    const fault = asFault(error);
    if (fault.kind === "unauthorized") say({ kind: "unauthorized" });
    say({ kind: "fault", message: fault.message });
    wait = elector.waitAfter(error);
  }
  if (ending) break;
  await new Promise<void>((resolve) => {
    const cancel = systemClock.after(wait, resolve);
    wake = () => {
      cancel();
      resolve();
    };
  });
}
await elector.release().catch((error: unknown) => say({ kind: "fault", message: asFault(error).message }));
lapse();
client.close();
say({ kind: "released" });
port.close();
