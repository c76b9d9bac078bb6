/** The bench itself: what it starts ends with it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { root } from "../support/reference.ts";
import { needCapture } from "./support/agent.ts";
import { needContainers } from "./support/containers.ts";
import { eventually } from "./support/commands.ts";

/** Parent and command line of every process. */
function processes(): Map<number, { readonly parent: number; readonly words: string }> {
  const found = new Map<number, { parent: number; words: string }>();
  for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      const words = readFileSync(`/proc/${name}/cmdline`, "latin1").replaceAll("\0", " ");
      found.set(Number(name), { parent, words });
    } catch {
      continue; // it has just ended
    }
  }
  return found;
}

const childrenOf = (pid: number) => [...processes()].filter(([, { parent }]) => parent === pid);

describe("the soak", function () {
  this.timeout(60_000);

  before(function () {
    needCapture(this);
    needContainers(this);
  });

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)
    it(`ends agent, churn and containerd on ${signal} and says so by its exit code`, async () => {
      const soak = spawn(`${root}scripts/bench.sh`, ["soak", "--minutes", "5", "--every", "1"], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      let printed = "";
      for (const stream of [soak.stdout, soak.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
      const closed = new Promise<number | null>((resolve) => soak.once("close", resolve));
      const started = await eventually(
        "agent, churn and containerd run, and a sample was taken",
        () => {
          const children = childrenOf(soak.pid!);
          const all = ["tiercel agent", "bench/churn", "containerd --config"].every((word) =>
            children.some(([, { words }]) => words.includes(word)),
          );
          return all && printed.includes(" containers\n") ? children : undefined;
        },
        40_000,
      );
      const ctrFolder = /--config (\S+)\/config/.exec(started.map(([, { words }]) => words).join())![1]!;
      soak.kill(signal);
      assert.equal(await closed, code, printed);
      const left = [...processes()].filter(
        ([pid, { words }]) =>
          words.includes(ctrFolder) ||
          started.some(([each, before]) => each === pid && before.words === words),
      );
      assert.deepEqual(left, []);
    });
});
