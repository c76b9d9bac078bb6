/** What the engine asks about events of the syscall source. */
import type { SyscallContext } from "../fields/context.ts";
import type { FieldReaders, FieldUse, Value } from "../rules/catalogue.ts";
import type { AlertGroup, AlertSubject } from "./alert.ts";
import type { EventAccess } from "./engine.ts";
import { PathViewTries, type PathViewsSetting } from "./path-views.ts";
import type { EventPlace } from "./scope.ts";

const use = (name: string, type: FieldUse["type"]): FieldUse => ({
  text: name,
  name,
  type,
  list: false,
  quantifier: "none",
});

type Read = (event: SyscallContext) => Value;

const text = (value: Value) => (typeof value === "string" ? value : "");

/** The pod as the runtime says it; its labels as the API does where it did, for that is younger. */
const place: EventPlace<SyscallContext> = {
  namespace: (event) => event.process?.container.facts?.pod?.namespace,
  podLabels: (event) => {
    const container = event.process?.container;
    return container?.pod?.labels ?? container?.facts?.pod?.labels;
  },
  namespaceLabels: (event) => event.process?.container.pod?.ns?.labels,
};

/** Access to events through `readers`, with the views that the setting path_views allows. */
export function syscallAccess(
  readers: FieldReaders<SyscallContext>,
  hostname: string,
  views: PathViewsSetting,
): EventAccess<SyscallContext> {
  const name = readers.reader(use("fd.name", "CHARBUF"));
  const peer = readers.reader(use("fd.rip", "IPADDR"));
  const group = (event: SyscallContext): AlertGroup => ({
    pod: event.process?.container.facts?.pod?.uid ?? "",
    container: event.process?.container.id ?? "",
    exePath: event.process?.exePath ?? "",
    object: text(peer(event)) || text(name(event)),
  });
  const [namespace, pod, podUid, container, image] = [
    "k8s.ns.name",
    "k8s.pod.name",
    "k8s.pod.uid",
    "container.name",
    "container.image",
  ].map((field) => readers.reader(use(field, "CHARBUF"))) as [Read, Read, Read, Read, Read];
  const subject = (event: SyscallContext): AlertSubject => ({
    namespace: text(namespace(event)),
    pod: text(pod(event)),
    podUid: text(podUid(event)),
    container: text(container(event)),
    image: text(image(event)),
  });
  return {
    hostname,
    code: (event) => event.record.type,
    time: (event) => event.time,
    group,
    subject,
    place,
    isUnidentified: (event) => event.process?.container.unidentified === true,
    views: new PathViewTries(readers, views),
  };
}
