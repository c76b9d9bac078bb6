/** What is told alerts: a process beside the control plane that pods of both nodes reach. */
import { spawn, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { end, eventually } from "../../../system/support/commands.ts";
import { at, controlAddress, controlNamespace } from "../layout.ts";
import { tryIn } from "../processes.ts";

const port = 8099;
const program = fileURLToPath(new URL("./receiver-program.js", import.meta.url));

/** Where agents post to. */
export const receiverUrl = `http://${controlAddress}:${port}/alerts`;

/** What it was told, a line of JSON each. */
export const receiverFile = () => at("received");

export class Receiver {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Fulfilled when it listens; it has been told nothing then. */
  static async start(): Promise<Receiver> {
    rmSync(receiverFile(), { force: true });
    const node = [process.execPath, program, controlAddress, String(port), receiverFile()];
    const child = spawn("nsenter", [`--net=/run/netns/${controlNamespace}`, ...node], { stdio: "ignore" });
    // A test that fails before it has the receiver leaves nothing behind, and is not kept alive.
    child.unref();
    process.once("exit", () => child.kill("SIGKILL"));
    await eventually("the receiver listens", async () => {
      const { stdout } = await tryIn(controlNamespace, "ss", "-Hltn", `sport = :${port}`);
      return stdout.trim() === "" ? undefined : true;
    });
    return new Receiver(child);
  }

  stop(): Promise<void> {
    return end(this.#child);
  }
}
