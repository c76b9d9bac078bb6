/** What the engine asks about events of the source k8s_audit. */
import { eventCode } from "../events/table.ts";
import type { AuditContext } from "../fields/audit-context.ts";
import type { FieldReaders, FieldUse, Value } from "../rules/catalogue.ts";
import type { EventAccess } from "./engine.ts";

/** All audit events are events of a plugin, as in Falco. */
const pluginEvent = eventCode("pluginevent")!;

const use = (name: string): FieldUse => ({
  text: name,
  name,
  type: "CHARBUF",
  list: false,
  quantifier: "none",
});

const text = (value: Value) => (typeof value === "string" ? value : "");

/** Access to events through `readers`; alerts are of the same matter where they are about the same object. */
export function auditAccess<E extends AuditContext>(
  readers: FieldReaders<E>,
  hostname: string,
): EventAccess<E> {
  const namespace = readers.reader(use("ka.target.namespace"));
  const object = ["resource", "namespace", "name"].map((part) => readers.reader(use(`ka.target.${part}`)));
  return {
    hostname,
    place: {
      // A name that is no text is of no namespace.
      namespace: (event) => text(namespace(event)) || undefined,
      // An audit event is of no pod.
      podLabels: () => undefined,
      namespaceLabels: () => undefined,
    },
    code: () => pluginEvent,
    time: (event) => event.time,
    group: (event) => ({
      pod: "",
      container: "",
      exePath: "",
      object: object.map((read) => text(read(event))).join("/"),
    }),
    subject: (event) => {
      const [resource = "", namespace = "", name = ""] = object.map((read) => text(read(event)));
      return { namespace, pod: resource === "pods" ? name : "", podUid: "", container: "", image: "" };
    },
  };
}
