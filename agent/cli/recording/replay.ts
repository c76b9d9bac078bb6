/**
 * A recording's records and inputs against rules: the same state, fields and engine as on the capture thread, in the
 * same order, so the same alerts. Reads no clock and nothing of this machine.
 */
import type { Alert } from "../../engine/alert.ts";
import { buildEngine } from "../../engine/build.ts";
import type { Engine } from "../../engine/engine.ts";
import { RuleCounts } from "../../engine/rule-counts.ts";
import { events } from "../../events/table.ts";
import { ownArchitecture, readRecordsOf } from "../../events/translate.ts";
import type { SyscallContext } from "../../fields/context.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";
import type { RecordingItem } from "../../sources/recording/read.ts";
import { applyInput } from "../agent/apply-input.ts";
import type { Counters } from "../agent/counters.ts";
import { actOnLoss } from "../agent/drop-actions.ts";
import { DropWatch } from "../agent/drop-watch.ts";
import { suppressedAlerts, syscallEngineParts, type EngineListeners } from "../agent/engine-parts.ts";
import { captureData } from "../agent/from-settings.ts";
import { makeNodeModel, type NodeModel } from "../agent/node-model.ts";
import { Pipeline } from "../agent/pipeline.ts";
import { ruleNumbers } from "../agent/rule-numbers.ts";
import type { Log } from "../log.ts";
import type { Settings } from "../settings/schema.ts";
import { recordedCounters, type RecordedFacts } from "./recorded.ts";
import { recordedInput } from "./recorded-inputs.ts";

export interface ReplayOptions {
  readonly facts: RecordedFacts;
  readonly settings: Settings;
  readonly plan: RuleSetPlan;
  /** Takes an alert, and its event while that can be read; undefined for what the agent says about itself. */
  readonly emit: (alert: Alert, event?: SyscallContext) => void;
  readonly log: Log;
}

/** Reads times and records as the recording machine does, until what it returns is called. */
export function asOn({ timeZone, architecture }: RecordedFacts): () => void {
  const { TZ } = process.env;
  process.env["TZ"] = timeZone;
  readRecordsOf(architecture);
  return () => {
    if (TZ === undefined) delete process.env["TZ"];
    else process.env["TZ"] = TZ;
    readRecordsOf(ownArchitecture);
  };
}

const textOf = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error));

export class Replay {
  /** Items that could not be taken in: they contradict themselves. */
  malformed = 0;
  /** Records of events that this version does not know. */
  unknown = 0;
  /** What the recording says is missing, because the disk did not keep up. */
  readonly lost = { records: 0, inputs: 0 };
  private readonly options: ReplayOptions;
  private readonly node: NodeModel;
  private readonly pipeline: Pipeline;
  private readonly counts: RuleCounts;
  private readonly drops: DropWatch;
  private readonly engine: Engine<SyscallContext>;
  private kernel: Pick<Counters, "drops" | "losses"> = { drops: [], losses: { owners: [], others: 0 } };

  constructor(options: ReplayOptions) {
    const { facts, settings, log } = options;
    const { hostname, bootTime, nodeRoot } = facts;
    const { processes, rate } = captureData(settings, hostname);
    this.options = options;
    this.counts = new RuleCounts(rate);
    this.drops = new DropWatch(settings.syscall_event_drops);
    this.node = makeNodeModel({
      hostname,
      bootTime,
      nodeRoot,
      processes,
      // What would be asked was asked then; the answers are inputs. So no time has to pass here.
      users: { request: () => {}, now: () => 0n },
    });
    const onFault = (error: unknown) => log("error", `an event could not be taken in: ${textOf(error)}`);
    this.pipeline = new Pipeline(this.node.state, this.node.host, onFault, this.node.containers);
    this.engine = this.build();
  }

  private build(): Engine<SyscallContext> {
    const { facts, settings, plan, emit, log } = this.options;
    const listeners: EngineListeners = {
      emit,
      onFault: ({ rule }, error) => log("error", `rule "${rule}" failed on an event: ${textOf(error)}`),
    };
    const steps = buildEngine(
      plan,
      syscallEngineParts(captureData(settings, facts.hostname), this.counts, listeners),
    );
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  /** Takes in the next item. Never throws for what it holds. */
  take(item: RecordingItem): void {
    switch (item.kind) {
      case "rules":
        return this.begin();
      case "record":
        this.begin();
        if (item.record.type >= events.length) this.unknown++;
        this.pipeline.take(item.record);
        return;
      case "input":
        return this.input(item.input);
      case "counters":
        return this.second(item.counters);
      case "lost":
        this.lost.records += item.lost.records;
        this.lost.inputs += item.lost.inputs;
        return;
      case "malformed":
        this.refuse(item.reason);
    }
  }

  /** Puts the rules in force where those of the recording agent were: what inputs before it say is taken in without rules. */
  private begin(): void {
    this.pipeline.engine ??= this.engine;
  }

  private input(value: unknown): void {
    const input = recordedInput(value);
    if (typeof input === "string") return this.refuse(input);
    try {
      // This one was told within a record, and what waits for inputs did not look at it.
      if (input.kind === "cgroup") this.node.cgroups.answer(input.id, input.path);
      else applyInput(this.node, input);
    } catch (error) {
      this.refuse(textOf(error));
    }
  }

  private refuse(reason: string): void {
    this.malformed++;
    this.options.log("warning", `an item of the recording cannot be taken in: ${reason}`, "malformed item");
  }

  /** The end of a second: what the agent does then, it does by what it has counted. */
  private second(value: unknown): void {
    const counted = recordedCounters(value);
    if (typeof counted === "string") return this.refuse(counted);
    this.kernel = { drops: counted.drops, losses: counted.losses };
    this.saySuppressed();
    if (counted.last) return;
    const { facts, settings, emit, log } = this.options;
    const loss = this.drops.look(this.counters(), counted.time);
    if (loss === undefined) return;
    // It ended with exit where that was asked for; a replay goes on.
    const actions = settings.syscall_event_drops.actions.filter((action) => action !== "exit");
    actOnLoss(loss, actions, {
      log,
      publish: (alerts) => alerts.forEach((alert) => emit(alert)),
      stop: () => {},
      hostname: facts.hostname,
      now: () => counted.time,
    });
  }

  private saySuppressed(): void {
    const about = { time: this.pipeline.lastTime, hostname: this.options.facts.hostname };
    for (const alert of suppressedAlerts(this.counts, about)) this.options.emit(alert);
  }

  /** Says what the last second would have said, where the recording ends before its end. */
  finish(): void {
    this.saySuppressed();
  }

  counters(): Counters {
    return {
      source: "syscall",
      events: this.pipeline.events,
      matched: this.pipeline.matched,
      undecodable: this.pipeline.faults + this.malformed,
      ...this.kernel,
      overflow: 0,
      ...ruleNumbers(this.counts),
      sizes: {},
    };
  }
}
