/** A program in a terminal (script(1) gives it one), with somebody who types when it asks. */
import { spawn } from "node:child_process";
import { eventually } from "../../system/support/commands.ts";
import { prompt } from "../../support/document.ts";

/** What shells send to a terminal beside text: colours, questions about the cursor. */
const controls = /\x1b\[[0-9;?]*[A-Za-z]/g;

/**
 * Runs `command` and types each of `lines` when the prompt of a root's shell is there. Gives what was printed after each, as
 * text; what comes before the first prompt is a program's greeting. @throws Error where no prompt comes, or it does not end
 */
export async function inTerminal(
  command: string,
  lines: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string,
): Promise<readonly string[]> {
  const child = spawn("script", ["-qec", command, "/dev/null"], { env, cwd, stdio: "pipe" });
  let screen = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (screen += text));
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const ended = () => (child.exitCode === null ? undefined : true);
  const text = () => screen.replace(controls, "").replaceAll("\r", "");
  const answers: string[] = [];
  try {
    for (const line of lines) {
      await eventually(
        `a prompt for ${line}: ${JSON.stringify(screen)}`,
        () => (text().endsWith(prompt) ? true : undefined),
        30_000,
      );
      const from = text().length;
      child.stdin.write(`${line}\n`);
      await eventually(
        `an answer to ${line}`,
        () => ended() ?? (text().length > from && text().endsWith(prompt) ? true : undefined),
        30_000,
      );
      // The terminal shows what is typed; behind the answer comes the next prompt.
      const answer = text().slice(from).replace(`${line}\n`, "");
      answers.push(answer.endsWith(prompt) ? answer.slice(0, -prompt.length) : answer);
    }
    await eventually(`${command} ends`, ended, 30_000);
    await closed;
    return answers;
  } finally {
    child.kill("SIGKILL");
  }
}
