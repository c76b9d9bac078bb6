/** What the agent costs a program that does one kind of call as fast as it can, paired with and without it. */
import { runPaired } from "../paired.ts";
import { thousands } from "../numbers.ts";
import type { Figure, Question, QuestionContext } from "../question.ts";
import { runWorkload, type WorkloadResult } from "../workload.ts";

interface Storm {
  readonly name: string;
  readonly asks: string;
  readonly workload: (context: QuestionContext) => Promise<WorkloadResult>;
  /** Highest slow-down, share of a core and MiB of RSS; undefined: no aim. */
  readonly slowdown?: number;
  readonly cpu?: number;
  readonly rss?: number;
}

const storms: readonly Storm[] = [
  {
    name: "opens",
    asks: "a storm of open, read and close by one process, which rules look at and do not want",
    workload: ({ seconds }) => runWorkload("opens", seconds, "/etc/hostname"),
    slowdown: 1.4,
    cpu: 0.35,
    rss: 110,
  },
  {
    name: "unread",
    asks: "the same storm where nothing is read: every second call is one that rules look at",
    workload: ({ seconds }) => runWorkload("opens", "unread", seconds, "/etc/hostname"),
  },
  {
    name: "execs",
    asks: "fork, exec and exit of /bin/true, one after the other",
    workload: ({ seconds }) => runWorkload("execs", seconds),
  },
  {
    name: "calls",
    asks: "getppid, which no rule asks for",
    workload: ({ seconds }) => runWorkload("calls", seconds),
  },
  {
    name: "connects",
    asks: "TCP connections on the loopback interface",
    workload: ({ seconds }) => runWorkload("connects", seconds),
  },
];

const below = (
  value: number,
  aim: number | undefined,
  text: (value: number) => string,
): Pick<Figure, "aim" | "met"> =>
  aim === undefined ? { aim: "" } : { aim: `${text(aim)} or less`, met: value <= aim };

function question(storm: Storm): Question {
  return {
    name: storm.name,
    asks: `What does the agent cost ${storm.asks}?`,
    async ask(context) {
      const { publicRules, defaultRules } = context;
      context.print(
        `  rules: ${publicRules === undefined ? "those that come with Tiercel" : "public, stable"}`,
      );
      const {
        slowdown,
        processorSlowdown,
        without,
        with: run,
        others,
      } = await runPaired({
        ...context,
        agent: ["--rules", publicRules ?? defaultRules],
        workload: () => storm.workload(context),
      });
      const times = (value: number): string => `×${value.toFixed(2)}`;
      const percent = (value: number): string => `${(value * 100).toFixed(0)} %`;
      const mib = (value: number): string => `${value.toFixed(0)} MiB`;
      return [
        { name: "slow-down", value: times(slowdown), ...below(slowdown, storm.slowdown, times) },
        { name: "slow-down in processor time", value: times(processorSlowdown), aim: "" },
        { name: "rate alone", value: `${thousands(without)} /s`, aim: "" },
        { name: "rate with the agent", value: `${thousands(run.rate)} /s`, aim: "" },
        { name: "agent, of a core", value: percent(run.cpu), ...below(run.cpu, storm.cpu, percent) },
        { name: "RSS", value: mib(run.rss), ...below(run.rss, storm.rss, mib) },
        { name: "wake-ups", value: `${thousands(run.wakeUps)} /s`, aim: "" },
        { name: "events dropped", value: thousands(run.dropped), aim: "" },
        { name: "others on the machine", value: percent(others), aim: "" },
      ];
    },
  };
}

export const stormQuestions: readonly Question[] = storms.map(question);
