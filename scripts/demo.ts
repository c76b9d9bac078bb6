/**
 * `make demo`: starts an agent with the default rules, does what attackers do in harmless versions, and shows which
 * rules each step raised and how long after the event the alert was there. Where no agent can run it shows a recording of
 * the same steps. Exits 1 where a step raised nothing.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Step, steps } from "./demo/steps.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** How long to wait for the first alert of a step, and then for further ones, in milliseconds. */
const patience = { first: 3000, further: 150 };

interface Seen {
  readonly rule: string;
  readonly output: string;
  /** From the event to the line on stdout, in milliseconds; undefined in a replay. */
  readonly delay: number | undefined;
}

const colour = process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";
const paint = (code: number, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
const head = paint(1, "     what was done" + " ".repeat(35) + "delay  rules raised");
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Starts the agent; resolves with its alerts, which grow, once it is ready. Undefined where it ended instead. */
async function startAgent(): Promise<{ child: ChildProcess; seen: Seen[] } | undefined> {
  const words = [`${root}bin/tiercel`, "agent", "--rules", `${root}config/rules`, "-o", "json"];
  const child = spawn(process.execPath, [...words, "--set", "webserver.enabled=false"], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // Ctrl-C is for the demo, which then ends the agent itself
  });
  const seen: Seen[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const now = performance.timeOrigin + performance.now();
    const alert = JSON.parse(line) as { rule: string; output: string; time: string };
    seen.push({ rule: alert.rule, output: alert.output, delay: now - milliseconds(alert.time) });
  });
  let log = "";
  const ready = await new Promise<boolean>((resolve) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      if (/\bready\b/.test(log)) resolve(true);
    });
    child.once("close", () => resolve(false));
  });
  if (ready) return { child, seen };
  process.stderr.write(log);
  return undefined;
}

/** Shows what the same steps raised where they were recorded: with these rules, by a replay that needs no rights. */
async function showRecording(): Promise<number> {
  const recording = `${root}scripts/demo/demo.trec`;
  const words = [`${root}bin/tiercel`, "replay", recording, "--rules", `${root}config/rules`, "-o", "json"];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "ignore"] });
  const seen: Seen[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    const { rule, output } = JSON.parse(text) as { rule: string; output: string };
    seen.push({ rule, output, delay: undefined });
  }
  console.log(
    "tiercel: system calls cannot be watched here (what is missing stands above), so nothing was done on this machine; " +
      "this is a recording of the same steps, replayed with the default rules:",
  );
  return table(steps, (index) => seen.filter(({ output }) => output.includes(`demo${index + 1}-`)));
}

/** Prints all steps with what they raised; gives the exit code. */
function table(all: readonly Step[], of: (index: number) => readonly Seen[]): number {
  console.log(head);
  let silent = 0;
  for (const [index, step] of all.entries()) {
    const raised = of(index);
    if (!raised.some(({ rule }) => rule === step.rule)) silent++;
    console.log(line(index + 1, step, raised));
  }
  return sumUp(all.length, silent);
}

function sumUp(taken: number, silent: number): number {
  console.log(`${taken} steps, ${taken - silent} raised the rule that is meant for them`);
  return silent === 0 ? 0 : 1;
}

/** Milliseconds since 1970 of a time with nanoseconds. */
function milliseconds(time: string): number {
  const [whole, fraction = "0"] = time.replace("Z", "").split(".");
  return Date.parse(`${whole}Z`) + Number(`0.${fraction}`) * 1000;
}

/** Runs one step under a shell whose name is the token; resolves with the alerts that name it. */
async function take(step: Step, folder: string, token: string, seen: readonly Seen[]): Promise<Seen[]> {
  const shell = join(folder, token);
  symlinkSync("/bin/bash", shell);
  const from = seen.length;
  const child = spawn(shell, ["--norc", "-c", `${step.script}\n:`], {
    stdio: "ignore",
    env: { PATH: process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin", folder, token },
  });
  await new Promise((resolve) => child.once("close", resolve));
  const own = () => seen.slice(from).filter((alert) => alert.output.includes(token));
  for (const last = Date.now() + patience.first; own().length === 0 && Date.now() < last;) await pause(5);
  await pause(patience.further);
  return own();
}

function has(program: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(":");
  return folders.some((folder) => existsSync(join(folder, program)));
}

function line(number: number, step: Step, raised: readonly Seen[]): string {
  const rules = [...new Set(raised.map(({ rule }) => rule))];
  const first = raised[0]?.delay;
  const delay = first === undefined ? "-" : `${Math.max(0, first).toFixed(0)} ms`;
  const told = rules.length === 0 ? paint(31, "no alert") : paint(32, rules.join(", "));
  const front = `${String(number).padStart(2)}  ${step.what.padEnd(44)}${delay.padStart(7)}  `;
  return `${front}${told}\n      ${paint(2, step.shown)}`;
}

async function main(): Promise<number> {
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => (interrupted = true));
  const agent = await startAgent();
  if (agent === undefined) return await showRecording();
  const folder = mkdtempSync(join(tmpdir(), "tiercel-demo-"));
  mkdirSync(join(folder, "empty"));
  const close = async () => {
    const gone = new Promise((resolve) => agent.child.once("close", resolve));
    if (agent.child.exitCode === null && agent.child.kill("SIGTERM")) await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  const mark = randomBytes(2).toString("hex");
  let taken = 0;
  let silent = 0;
  try {
    console.log(head);
    for (const [index, step] of steps.entries()) {
      if (interrupted) return 130;
      if (step.needs !== undefined && !has(step.needs)) {
        console.log(`${String(index + 1).padStart(2)}  ${step.what}: left out, it needs ${step.needs}`);
        continue;
      }
      taken++;
      const raised = await take(step, folder, `demo${index + 1}-${mark}`, agent.seen);
      if (!raised.some(({ rule }) => rule === step.rule)) silent++;
      console.log(line(index + 1, step, raised));
    }
  } finally {
    await close();
  }
  return sumUp(taken, silent);
}

process.exitCode = await main();
