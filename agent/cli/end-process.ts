/** The last thing that a command with threads does. */
import { exitNow } from "../capture/native.ts";

/**
 * Ends this process with that code. `process.exit` waits for the threads, and these for tasks of the engine that now and then
 * nobody does any more: about one agent of seven hung so for good (Node 20, https://github.com/nodejs/node/issues/54918).
 * What was written to stdout and stderr is out: on Linux they are synchronous.
 */
export function endProcess(code: number): never {
  exitNow(code);
}
