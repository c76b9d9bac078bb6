/**
 * A file that an object asked for, kept inside one folder: the folder is opened first and the file in it, by its bare name,
 * as openat(2) does, so that no link leads anywhere else.
 */
import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { close, open as openDescriptor, fstat, type Stats } from "node:fs";
import { join } from "node:path";
import { fileSink } from "./file.ts";
import { DeliveryError, systemError, type Sink } from "./sink.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK, O_NOCTTY } = constants;

/** Never waits for a FIFO's reader, never follows a link. */
const openFlags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/** A bare name: no slash, and nothing that is a folder. */
export function isBareName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(name);
}

/** A sink for a file of `folder`, which is made where it is missing. @throws Error where the name is not bare */
export function confinedFileSink(folder: string, name: string): Sink {
  if (!isBareName(name)) throw new Error(`${name} is no bare file name`);
  return fileSink({
    name: "file",
    path: join(folder, name),
    keepAlive: false,
    open: () => openInside(folder, name),
  });
}

/** The descriptor of a regular file with one name, opened for appending. @throws DeliveryError with the path and errno */
async function openInside(folder: string, name: string): Promise<number> {
  const path = join(folder, name);
  try {
    await mkdir(folder, { recursive: true, mode: 0o750 });
    const inside = await open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      return await regular(await descriptorOf(`/proc/self/fd/${inside.fd}/${name}`));
    } finally {
      await inside.close();
    }
  } catch (error) {
    const reason = systemError(error);
    throw new DeliveryError("passing", `${path} cannot be opened for appending: ${reason}`);
  }
}

function descriptorOf(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    openDescriptor(path, openFlags, 0o640, (error, descriptor) => {
      if (error === null) resolve(descriptor);
      else reject(error);
    });
  });
}

/** The descriptor, if it is of a regular file that has no other name; otherwise it is closed. */
async function regular(descriptor: number): Promise<number> {
  const stats = await new Promise<Stats>((resolve, reject) => {
    fstat(descriptor, (error, found) => (error === null ? resolve(found) : reject(error)));
  });
  if (stats.isFile() && stats.nlink === 1) return descriptor;
  await new Promise<void>((resolve) => close(descriptor, () => resolve()));
  throw new Error(stats.isFile() ? "it has another name elsewhere" : "it is no regular file");
}
