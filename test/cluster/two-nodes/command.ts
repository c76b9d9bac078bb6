/** `make cluster-up` and `make cluster-down`: up [IMAGE.tar]..., down. */
import { spawnSync } from "node:child_process";
import { root } from "../../support/reference.ts";
import { down, isUp, shellLine, up } from "./cluster.ts";

const began = Date.now();
const say = (message: string) =>
  console.error(`${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s  ${message}`);

function binary(name: string): string {
  const { stdout, stderr } = spawnSync("scripts/cluster-binaries.sh", ["--where", name], {
    cwd: root,
    encoding: "utf8",
  });
  if (stdout.trim() === "") throw new Error(stderr.trim());
  return stdout.trim();
}

try {
  if (process.argv[2] === "down") {
    const was = isUp();
    await down();
    say(was ? "the cluster is gone" : "there was no cluster");
  } else {
    await up(binary, say, process.argv.slice(3));
    say("two nodes are ready; for this shell:");
    console.log(shellLine);
  }
} catch (error) {
  console.error(`tiercel: ${(error as Error).message}`);
  process.exitCode = 1;
}
