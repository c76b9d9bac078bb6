/**
 * The messages of the Container Runtime Interface that we use, by the numbers of its api.proto (kubernetes/cri-api,
 * runtime.v1; runtime.v1alpha2 has the same numbers). A field newer than a runtime reads as empty.
 */
import type { ByteString } from "../byte-string.ts";
import type { Labels } from "../container-facts.ts";
import { at, parseJson } from "./json.ts";
import { Message, message } from "./protobuf.ts";

/** States of a container and of a sandbox that run. */
const CONTAINER_RUNNING = 1;
const SANDBOX_READY = 0;
/** NamespaceMode: the node's. */
export const NODE = 2;

export interface CriMount {
  readonly source: ByteString;
  readonly destination: ByteString;
  readonly readonly: boolean;
  /** 0 private, 1 host to container, 2 both ways. */
  readonly propagation: number;
}

export interface CriContainer {
  readonly id: string;
  readonly name: ByteString;
  readonly createdAt: bigint;
  readonly startedAt: bigint;
  readonly image: ByteString;
  /** As the pod's spec has it; "" from runtimes before 2023. */
  readonly userImage: ByteString;
  readonly imageRef: ByteString;
  readonly imageId: ByteString;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly mounts: readonly CriMount[];
  /** What the runtime tells beyond the interface: JSON of its own making. */
  readonly info: unknown;
}

export interface CriSandbox {
  readonly id: string;
  readonly name: ByteString;
  readonly uid: ByteString;
  readonly namespace: ByteString;
  readonly createdAt: bigint;
  readonly ip: ByteString;
  /** Modes of the pod's namespaces, see NODE. */
  readonly network: number;
  readonly pid: number;
  readonly ipc: number;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly info: unknown;
}

/** ContainerStatusRequest, PodSandboxStatusRequest: the id, and whether `info` is wanted. */
export const statusRequest = (id: string) => message([1, id], [2, true]);
export const imageStatusRequest = (image: ByteString) => message([1, message([1, image])]);
/** VersionRequest: the kubelet API's version, which nobody looks at. */
export const versionRequest = () => message([1, "0.1.0"]);

export function readVersion(bytes: Uint8Array): { readonly name: string; readonly version: string } {
  const version = new Message(bytes);
  return { name: version.text(2).slice(0, 64), version: version.text(3).slice(0, 64) };
}

/** The entry `info` of the verbose answer; undefined where there is none. */
function readInfo(answer: Message): unknown {
  const entry = answer.messages(2).find((pair) => pair.text(1) === "info");
  if (entry === undefined) return undefined;
  return parseJson(Buffer.from(entry.bytes(2)).toString("utf8"));
}

/** @throws WireError, RuntimeError */
export function readContainerStatus(bytes: Uint8Array): CriContainer {
  const answer = new Message(bytes);
  const status = answer.message(1);
  const image = status.message(8);
  return {
    id: status.text(1),
    name: status.message(2).text(1),
    createdAt: status.int64(4),
    startedAt: status.int64(5),
    image: image.text(1),
    userImage: image.text(18),
    imageRef: status.text(9),
    imageId: status.text(17),
    labels: status.map(12),
    annotations: status.map(13),
    mounts: status.messages(14).map((mount) => ({
      destination: mount.text(1),
      source: mount.text(2),
      readonly: mount.flag(3),
      propagation: mount.number(5),
    })),
    info: readInfo(answer),
  };
}

/** @throws WireError, RuntimeError */
export function readSandboxStatus(bytes: Uint8Array): CriSandbox {
  const answer = new Message(bytes);
  const status = answer.message(1);
  const metadata = status.message(2);
  const namespaces = status.message(6).message(1).message(2);
  return {
    id: status.text(1),
    name: metadata.text(1),
    uid: metadata.text(2),
    namespace: metadata.text(3),
    createdAt: status.int64(4),
    ip: status.message(5).text(1),
    network: namespaces.number(1),
    pid: namespaces.number(2),
    ipc: namespaces.number(3),
    labels: status.map(7),
    annotations: status.map(8),
    info: readInfo(answer),
  };
}

export interface CriImage {
  readonly id: ByteString;
  readonly tags: readonly ByteString[];
  readonly digests: readonly ByteString[];
}

/** Undefined where the runtime has no such image. @throws WireError */
export function readImageStatus(bytes: Uint8Array): CriImage | undefined {
  const image = new Message(bytes).message(1);
  if (image.text(1) === "") return undefined;
  return { id: image.text(1), tags: image.texts(2), digests: image.texts(3) };
}

/** Ids of ListContainersResponse, and whether each runs. @throws WireError */
export function readContainers(bytes: Uint8Array): { id: string; running: boolean }[] {
  return new Message(bytes)
    .messages(1)
    .map((item) => ({ id: item.text(1), running: item.number(6) === CONTAINER_RUNNING }));
}

/** Ids of ListPodSandboxResponse. @throws WireError */
export function readSandboxes(bytes: Uint8Array): { id: string; running: boolean }[] {
  return new Message(bytes)
    .messages(1)
    .map((item) => ({ id: item.text(1), running: item.number(3) === SANDBOX_READY }));
}

/** Sandbox that a container belongs to, from what containerd and CRI-O tell beyond the interface. */
export function sandboxIdOf({ info }: CriContainer): string {
  const id = at(info, "sandboxID");
  return typeof id === "string" ? id.slice(0, 256) : "";
}
