/** Values of ka.* that are more than one JSON pointer. */
import type { Json } from "../events/json-value.ts";
import type { Value } from "../rules/catalogue.ts";
import type { AuditContext } from "./audit-context.ts";
import { asText, at, elements, pointerKeys, some, textAt } from "./audit-json.ts";

export type ReadAudit = (context: AuditContext, argument: string | undefined) => Value;
type ReadEvent = (event: Json, argument: string | undefined) => Value;

const indexOf = (argument: string | undefined) => (argument === undefined ? undefined : Number(argument));

/**
 * Elements of the list at `path`, or what each has at `member`, as texts. Lists met on the way are walked, the index
 * counts in every one; elements without the member are left out.
 */
export function texts(path: string, member?: string): ReadEvent {
  const keys = pointerKeys(path);
  const below = member === undefined ? undefined : pointerKeys(member);
  return (event, argument) => {
    const index = indexOf(argument);
    return some(
      elements(at(event, keys), index).flatMap((element) => {
        if (below === undefined) return [asText(element)];
        const found = at(element, below);
        if (found === undefined) return [];
        return Array.isArray(found) ? elements(found, index).map(asText) : [asText(found)];
      }),
    );
  };
}

const subjectKeys = pointerKeys("/requestObject/subjects");

/** Names of a binding's subjects of one kind; `spaced`: as namespace:name, those without a namespace left out. */
export function subjects(kind: string, spaced = false): ReadEvent {
  return (event) =>
    some(
      elements(at(event, subjectKeys), undefined).flatMap((subject) => {
        const name = textAt(subject, ["name"]);
        const namespace = textAt(subject, ["namespace"]);
        if (textAt(subject, ["kind"]) !== kind || name === undefined) return [];
        if (!spaced) return [name];
        return namespace === undefined ? [] : [`${namespace}:${name}`];
      }),
    );
}

/** Value of a parameter of the request's query. */
export function queryParameter(event: Json, name: string | undefined): string | undefined {
  const uri = at(event, ["requestURI"]);
  if (typeof uri !== "string" || !uri.includes("?")) return undefined;
  const value = new URLSearchParams(uri.slice(uri.indexOf("?") + 1)).get(
    Buffer.from(name!, "latin1").toString(),
  );
  return value === null ? undefined : asText(value);
}

/** Name of the pod in the answer: of requests about pods themselves. */
export function targetPod(event: Json): string | undefined {
  const resource = textAt(event, ["objectRef", "resource"]);
  if (resource !== "pods" || at(event, ["objectRef", "subresource"]) !== undefined) return undefined;
  return textAt(event, ["responseObject", "metadata", "name"]);
}

const volumeKeys = pointerKeys("/requestObject/spec/volumes");

/** Whether a volume shows that path of the node; a * at the end of the path stands for everything that begins so. */
export function hostPath(event: Json, path: string | undefined): string | undefined {
  const volumes = elements(at(event, volumeKeys), undefined);
  if (volumes.length === 0 || path === undefined) return undefined;
  const matches = (found: string) =>
    path.endsWith("*") ? found.startsWith(path.slice(0, -1)) : found === path;
  return String(
    volumes.some((volume) => {
      const found = textAt(volume, ["hostPath", "path"]);
      return found !== undefined && matches(found);
    }),
  );
}

/** An image without tag and digest; the colon of a registry's port is none of a tag. */
export function imageRepository(image: string): string {
  const [name = ""] = image.split("@", 1);
  const colon = name.lastIndexOf(":");
  return colon > name.lastIndexOf("/") ? name.slice(0, colon) : name;
}

/** What is read of one container; undefined where it has none. */
type OfContainer = (container: Json, event: Json, index: number | undefined) => readonly string[] | undefined;

const joined =
  (key: string): OfContainer =>
  (container) => {
    const words = elements(at(container, [key]), undefined);
    return words.length === 0 ? undefined : [words.map(asText).join(" ")];
  };

const plain = (path: string): OfContainer => {
  const keys = pointerKeys(path);
  return (container) => {
    const found = textAt(container, keys);
    return found === undefined ? undefined : [found];
  };
};

const repository: OfContainer = (container) => {
  const image = textAt(container, ["image"]);
  return image === undefined ? undefined : [imageRepository(image)];
};

const hostPorts: OfContainer = (container, _event, index) =>
  elements(at(container, ["ports"]), index).flatMap(
    (port) => textAt(port, ["hostPort"]) ?? textAt(port, ["containerPort"]) ?? [],
  );

/** A container's own security setting, else the pod's, else 0: root. */
const effective =
  (key: string): OfContainer =>
  (container, event) => [
    textAt(container, ["securityContext", key]) ??
      textAt(event, ["requestObject", "spec", "securityContext", key]) ??
      "0",
  ];

const special: Readonly<Record<string, OfContainer>> = {
  repository,
  args: joined("args"),
  command: joined("command"),
  hostPort: hostPorts,
  "effective/runAsUser": effective("runAsUser"),
  "effective/runAsGroup": effective("runAsGroup"),
};

/** What every container must have: the whole field is missing where one lacks it. */
const needed: ReadonlySet<string> = new Set(["name", "image", "repository"]);

/** One value of each container of a kind (containers, initContainers, ephemeralContainers), or of the one of the index. */
export function ofEachContainer(kind: string, what: string): ReadEvent {
  const keys = pointerKeys(`/requestObject/spec/${kind}`);
  const read = special[what] ?? plain(what);
  return (event, argument) => {
    const index = indexOf(argument);
    const found = elements(at(event, keys), index).map((container) => read(container, event, index));
    if (needed.has(what) && found.includes(undefined)) return undefined;
    return some(found.flatMap((each) => each ?? []));
  };
}
