/**
 * An operator with one controller of the tests: each ConfigMap with the label role=source has a copy, whose name begins with
 * `copy-`. Whatever ends it but a signal is a fault: process.exit throws.
 */
import { defaultTimes } from "../../agent/kube/client.ts";
import type { MakeController } from "../../operator/controllers.ts";
import { watch } from "../../operator/kube/controller.ts";
import { fromKey, keyOf, type KubeObject } from "../../operator/kube/object.ts";
import { resources } from "../../operator/kube/resources.ts";
import { wouldChange } from "../../operator/kube/would-change.ts";
import { runOperator } from "../../operator/run.ts";

process.exit = (code) => {
  process.stderr.write(`process.exit(${code}) was called\n`);
  throw new Error("process.exit was called");
};

const whole = (object: KubeObject) => object as KubeObject & { readonly data?: Record<string, string> };
const resource = resources.configMaps;

const mirror: MakeController = ({ client, informers, log }) => {
  const sources = informers.open({ resource, labelSelector: "role=source", project: whole, limit: 10 });
  const copies = informers.open({ resource, labelSelector: "role=copy", project: whole });
  const copyKey = (key: string) => {
    const { namespace, name } = fromKey(key);
    return keyOf({ namespace, name: `copy-${name}` });
  };
  return {
    name: "mirror",
    workers: 2,
    watches: [watch(sources), watch(copies, ({ key }) => [key.replace("/copy-", "/")])],
    async reconcile(key, signal) {
      const source = sources.get(key);
      const copied = copies.get(copyKey(key))?.data?.["edit"];
      if (source?.data?.["block"] !== undefined && copied === undefined) block(Number(source.data["block"]));
      const copy = copies.get(copyKey(key));
      const ref = { resource, ...fromKey(copyKey(key)) };
      if (source === undefined) {
        if (copy !== undefined) await client.delete(ref, { uid: copy.metadata.uid! }, signal);
        return;
      }
      const { name, namespace } = ref;
      const wanted = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace, labels: { role: "copy" } },
        data: { ...source.data, by: process.env["POD_NAME"] ?? "" },
      };
      if (!wouldChange(wanted, copy)) return;
      await client.apply(wanted, signal);
      log("debug", `copied ${key}`);
    },
  };
};

/** Keeps the main thread busy for so many milliseconds, as a large compile does. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

const overrides = process.argv.slice(2).filter((word) => word !== "--set");
process.exitCode = await runOperator({
  overrides,
  controllers: [mirror],
  times: { ...defaultTimes, answer: 3000, stall: 3000, whole: 6000, idle: 4000 },
});
