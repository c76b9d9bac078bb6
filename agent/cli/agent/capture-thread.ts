/** Entry of the capture thread. */
import { parentPort, workerData } from "node:worker_threads";
import { missing, missingText, thisMachine } from "../../capture/index.ts";
import type { CaptureThreadData, FromCapture, ToCapture } from "./capture-messages.ts";
import { CaptureSession } from "./capture-session.ts";

const port = parentPort!;
const post = (message: FromCapture) => port.postMessage(message);

/** Opens capture; undefined where this machine does not allow it, which is said. */
function open(): CaptureSession | undefined {
  try {
    const lacks = missing(thisMachine());
    if (lacks.length > 0) {
      const sentences = lacks.map(missingText).join("; ");
      post({ kind: "refused", message: `system calls cannot be captured here: ${sentences}` });
      return undefined;
    }
    const session = new CaptureSession(workerData as CaptureThreadData, post);
    post({ kind: "attached" });
    return session;
  } catch (error) {
    post({ kind: "refused", message: (error as Error).message });
    return undefined;
  }
}

const session = open();
if (session === undefined) port.close();
else
  port.on("message", (message: ToCapture) => {
    if (message.kind === "rules") session.setRules(message.id, message.plan);
    else if (message.kind === "input") session.take(message.input);
    else void session.stop().finally(() => port.close());
  });
