/** How long one check of a condition takes, by operator. Fields are read from an array, so that this is all that costs. */
import { buildCatalogue } from "../../agent/fields/index.ts";
import type { FieldReaders, Value } from "../../agent/rules/catalogue.ts";
import { checkCondition } from "../../agent/rules/condition/check.ts";
import { compileCondition } from "../../agent/rules/condition/compile.ts";
import { parseCondition } from "../../agent/rules/condition/parser.ts";
import type { Figure, Question, QuestionContext } from "../question.ts";

const EVENTS = 300_000;
const ROUNDS = 5;

const event: Readonly<Record<string, Value>> = {
  "proc.name": "bash",
  "proc.cmdline": "bash -c ls -la /tmp",
  "proc.aname": ["sshd", "systemd"],
  "proc.tty": 0,
  "fd.name": "/usr/lib/x86_64-linux-gnu/libc.so.6",
  "fd.snet": "\x0a\0\0\x01",
};

const many = (count: number, item: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => item(index));

/** None of them holds, but for the last: the common case. */
const checks: Readonly<Record<string, string>> = {
  "a number =": "proc.tty = 5",
  "a name =": "proc.name = vim",
  "a name in 100": `proc.name in (${many(100, (i) => `n${i}`).join(", ")})`,
  startswith: "fd.name startswith /etc/",
  contains: "fd.name contains /.ssh/",
  icontains: "proc.cmdline icontains STRATUM",
  "glob with one star inside": "fd.name glob '/home/*/.ssh/*'",
  "glob with four stars": "fd.name glob '*x*64*libz*'",
  "pmatch of 20 folders": `fd.name pmatch (${many(20, (i) => `/usr/d${i}`).join(", ")})`,
  "regex with literal text": 'fd.name regex "/etc/(passwd|shadow).*"',
  "regex .*literal.*": 'fd.name regex ".*libz.*"',
  "regex without": 'fd.name regex "/[a-z]+/[a-z]+/[^/]+/.*[.]so[.][a-f]+"',
  "two networks": "fd.snet in (192.168.0.0/16, fe80::/10)",
  "an ancestor in 10": `proc.aname in (${many(10, (i) => `n${i}`).join(", ")})`,
  "1,000 exceptions of two fields": `not (${many(1000, (i) => `(proc.name = n${i} and fd.name startswith /d${i})`).join(" or ")})`,
};

function ask({ print }: QuestionContext): Promise<Figure[]> {
  const catalogue = buildCatalogue();
  const source = catalogue.sources.get("syscall")!;
  const slots = new Map(Object.keys(event).map((text, slot) => [text, slot]));
  const values: readonly Value[] = Object.values(event);
  const readers: FieldReaders<readonly Value[]> = {
    reader: ({ text }) => {
      const slot = slots.get(text)!;
      return (row) => row[slot];
    },
    exists: ({ text }) => {
      const slot = slots.get(text)!;
      return (row) => row[slot] !== undefined;
    },
  };
  const figures = Object.entries(checks).map(([name, condition]): Figure => {
    const { typed } = checkCondition(parseCondition(condition), source, catalogue);
    const test = compileCondition(typed, readers);
    const rounds = many(ROUNDS, () => nanoseconds(() => test(values)).toFixed(1));
    print(`  ${name}: ns ${rounds.join(" ")}`);
    return { name, value: `${Math.min(...rounds.map(Number))} ns`, aim: "" };
  });
  return Promise.resolve(figures);
}

/** Processor time of one call, ns. */
function nanoseconds(call: () => boolean): number {
  const begin = process.cpuUsage();
  let held = 0;
  for (let i = 0; i < EVENTS; i++) if (call()) held++;
  const { user, system } = process.cpuUsage(begin);
  if (held !== 0 && held !== EVENTS) throw new Error("a condition changed its mind");
  return ((user + system) * 1000) / EVENTS;
}

export const operators: Question = {
  name: "operators",
  asks: "How long does one check of a condition take, by operator?",
  ask,
};
