/** Labels of containers, pods and what stands above them, as fields print them. */
import type { Labels } from "../state/container-facts.ts";
import type { ByteString } from "../state/types.ts";

/** The value of one label; undefined where there is none of that name. */
export function labelValue(labels: Labels, name: ByteString): ByteString | undefined {
  for (const [each, value] of labels) if (each === name) return value;
  return undefined;
}

/** What runtimes and kubelets keep among labels for themselves. */
const isShown = (name: ByteString) => !name.startsWith("io.kubernetes.") && !name.startsWith("annotation.");

/** Each label as `key:value`. */
export function labelsList(labels: Labels): readonly ByteString[] {
  return labels.flatMap(([name, value]) => (isShown(name) ? [`${name}:${value}`] : []));
}

/** All labels in one text. */
export function labelsText(labels: Labels): ByteString {
  return labelsList(labels).join(", ");
}
