/** Files that outlive the agent, in the folder of its state: replaced whole or not at all, readable by root alone. */
import { constants } from "node:fs";
import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

/** Why a file could not be read or written; the message names it. */
export class StateFileError extends Error {
  override readonly name = "StateFileError";
}

function failed(path: string, what: string, error: unknown): StateFileError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new StateFileError(`${path} cannot be ${what}: ${code ?? message}`);
}

/**
 * The text of a file; undefined where there is none.
 * @throws StateFileError where it cannot be read, is no regular file, or has more than `most` bytes
 */
export async function readStateFile(path: string, most: number): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw failed(path, "read", error);
  }
  try {
    const { size } = await file.stat().then((stat) => {
      if (!stat.isFile()) throw new StateFileError(`${path} is no file`);
      return stat;
    });
    if (size > most) throw new StateFileError(`${path} is too large: ${size} bytes, ${most} are the most`);
    return await file.readFile("utf8");
  } catch (error) {
    throw error instanceof StateFileError ? error : failed(path, "read", error);
  } finally {
    await file.close();
  }
}

/**
 * Replaces a file's text. When it resolves the text is on the disk; before that the old one is there.
 * @throws StateFileError; the old text then stays
 */
export async function writeStateFile(path: string, text: string): Promise<void> {
  const next = `${path}.new`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // What an agent that died in the middle left.
    await rm(next, { force: true });
    const { O_WRONLY, O_CREAT, O_EXCL } = constants;
    await withFile(await open(next, O_WRONLY | O_CREAT | O_EXCL, 0o600), async (file) => {
      await file.writeFile(text);
      await file.sync();
    });
    await rename(next, path);
    await withFile(await open(dirname(path), constants.O_RDONLY), (folder) => folder.sync());
  } catch (error) {
    throw failed(path, "written", error);
  }
}

async function withFile(file: FileHandle, use: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
