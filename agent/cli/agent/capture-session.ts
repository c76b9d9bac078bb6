/** What runs on the capture thread: kernel side, state, engine, and the swap of rule sets between two events. */
import { bootTimeNow, Capture, type CaptureCounters } from "../../capture/index.ts";
import { hostNames } from "../../engine/host-names.ts";
import { RuleCounts } from "../../engine/rule-counts.ts";
import { union, wantedAlways, wantedBy, type Wanted } from "../../engine/wanted.ts";
import type { RecordView } from "../../events/record-view.ts";
import { events } from "../../events/table.ts";
import type { RuleSetPlan } from "../../rules/plan.ts";
import type { Containers } from "../../state/containers.ts";
import type { NodeInput } from "../../state/node-input.ts";
import { SessionRecorder, wantedToRecord } from "../recording/session-recorder.ts";
import { AlertPost } from "./alert-post.ts";
import type { CaptureThreadData, FromCapture } from "./capture-messages.ts";
import { compileEngine } from "./compile-engine.ts";
import type { ContainerNumbers, Counters } from "./counters.ts";
import { suppressedAlerts, syscallEngineParts } from "./engine-parts.ts";
import type { HeldEvents } from "./held-events.ts";
import { LossLedger } from "./loss-ledger.ts";
import { openNodeState, type NodeState } from "./node-state.ts";
import { Pipeline } from "./pipeline.ts";
import { ruleNumbers } from "./rule-numbers.ts";

/** Between two looks at counters, ms. */
const TICK_MILLISECONDS = 1000;
/** How long a rule set waits for DNS before it counts, ms. */
const LOOKUP_PATIENCE = 500;
/** Between two looks at events that wait for their container's name, ms. */
const HOLD_LOOK_MILLISECONDS = 50;
/** Longer than any event waits, ns. */
const LONG = 1_000_000_000n;
/** Ticks between two readings of mounts and addresses. */
const REFRESH_TICKS = 10;

/** Lost records of these types leave gaps in the process tree: /proc is read again. */
const treeEvents = new Set(["execve", "execveat", "task_fork", "procexit"]);

export class CaptureSession {
  private readonly data: CaptureThreadData;
  private readonly post: (message: FromCapture) => void;
  private readonly capture: Capture;
  private readonly node: NodeState;
  private readonly pipeline: Pipeline;
  private readonly alerts: AlertPost;
  private readonly counts: RuleCounts;
  private readonly ledger: LossLedger;
  private readonly recorder: SessionRecorder | undefined;
  private wanted: Wanted = wantedAlways;
  private started = false;
  private installing: Promise<void> = Promise.resolve();
  private readonly ticker: NodeJS.Timeout;
  private ticks = 0;
  private names: readonly string[] = [];
  private treeDrops = 0;
  private contested = 0;
  private ownedDrops = 0;
  private malformedSaid = false;
  private holdTimer: NodeJS.Timeout | undefined;

  /**
   * Loads and attaches the kernel side; from here on forks, execs and exits wait in the ring.
   * @throws LibbpfError where the kernel or the rights do not allow it.
   */
  constructor(data: CaptureThreadData, post: (message: FromCapture) => void) {
    this.data = data;
    this.post = post;
    const { hostname, processes, ringBytes, taken, capacity } = data;
    const log = this.log.bind(this);
    this.capture = Capture.open({ ringBytes });
    this.capture.setWanted(wantedAlways);
    this.capture.attach();
    this.recorder = data.recording && new SessionRecorder(data.recording);
    const { recorder } = this;
    this.node = openNodeState({
      hostname,
      processes,
      log,
      askHost: () => post({ kind: "host" }),
      askContainer: (question) => post({ kind: "container", ...question }),
      ...(recorder && { onInput: (input: NodeInput) => recorder.input(input) }),
    });
    const onFault = (error: unknown) => log("error", `an event could not be taken in: ${textOf(error)}`);
    this.pipeline = new Pipeline(this.node.state, this.node.host, onFault, this.node.containers);
    this.alerts = new AlertPost((alerts) => post({ kind: "alerts", alerts }), taken, capacity);
    this.counts = new RuleCounts(data.rate);
    this.ledger = new LossLedger({
      container: (cgroup) => this.node.cgroups.container(cgroup),
      path: (cgroup) => this.node.cgroups.path(cgroup),
      event: (type) => events[type]?.name ?? "",
    });
    recorder?.begin(this.node);
    this.ticker = setInterval(() => this.tick(), TICK_MILLISECONDS);
  }

  private log(level: "error" | "warning", message: string): void {
    this.post({ kind: "log", level, message });
  }

  /** Takes in what the main thread knows of the node. */
  take(input: NodeInput): void {
    // The event of a container that has become known is of now.
    if (input.kind === "container") this.tellTime();
    this.node.take(input);
    this.alerts.flush();
    this.watchHeld();
  }

  private tellTime(now = bootTimeNow()): void {
    this.node.take({ kind: "time", now });
  }

  /** While events wait and none comes that would tell the time, a timer does. */
  private watchHeld(): void {
    if (this.holdTimer !== undefined || this.pipeline.held.size === 0) return;
    this.holdTimer = setTimeout(() => {
      this.holdTimer = undefined;
      this.tellTime();
      this.alerts.flush();
      this.watchHeld();
    }, HOLD_LOOK_MILLISECONDS);
  }

  /** Puts a rule set in force, one after the other in the order of the calls. */
  setRules(id: number, plan: RuleSetPlan): void {
    this.installing = this.installing.then(async () => {
      try {
        await this.install(plan);
        this.post({ kind: "rules", id });
      } catch (error) {
        this.post({ kind: "rulesFailed", id, message: (error as Error).message });
      }
    });
  }

  private async install(plan: RuleSetPlan): Promise<void> {
    const wanted = this.recorder === undefined ? wantedBy(plan) : wantedToRecord;
    const more = wanted.environment && !this.node.node.environment;
    this.node.node.environment = wanted.environment;
    if (!this.started || more) await this.node.node.scan();
    // A recording begins with the rules in force: a replay then has them from its first record on as well.
    if (!this.started && this.recorder === undefined) this.start();
    await this.lookUp(hostNames(plan));
    const engine = await this.compile(plan);
    this.capture.setWanted(union(this.wanted, wanted));
    this.pipeline.engine = engine;
    this.recorder?.rules(plan.digest);
    this.capture.setWanted(wanted);
    if (!this.started) this.start();
    this.wanted = wanted;
    this.counts.keep(new Set(engine.rules.map((rule) => rule.count)));
  }

  private async lookUp(names: readonly string[]): Promise<void> {
    if (names.join() === this.names.join()) return;
    this.names = names;
    const beyond = await this.node.node.lookUp(names, LOOKUP_PATIENCE);
    if (beyond === 0) return;
    const message = `rules name ${names.length} hosts; the last ${beyond} of them are not looked up and match nothing`;
    this.log("warning", message);
  }

  private start(): void {
    this.started = true;
    this.capture.start(this.onRecord(), () => {
      this.alerts.flush();
      this.watchHeld();
    });
  }

  /** A record is kept when it has been taken in: what the kernel was asked meanwhile stands before it. */
  private onRecord(): (record: RecordView) => void {
    const { recorder, pipeline } = this;
    if (recorder === undefined) return pipeline.take;
    return (record) => {
      pipeline.take(record);
      recorder.record(record);
    };
  }

  private compile(plan: RuleSetPlan) {
    const parts = syscallEngineParts(this.data, this.counts, {
      emit: (alert) => this.alerts.push(alert),
      onFault: ({ rule }, error) => this.log("error", `rule "${rule}" failed on an event: ${textOf(error)}`),
    });
    return compileEngine(plan, parts);
  }

  private tick(): void {
    this.ticks++;
    this.sayMalformed();
    this.saySuppressed();
    this.node.questions.look();
    this.alerts.flush();
    const counters = this.counters();
    const time = this.pipeline.lastTime;
    this.recorder?.counters({ ...counters, time, last: false });
    this.post({ kind: "counters", counters, time });
    if (this.ticks % REFRESH_TICKS !== 0) return;
    this.node.refresh();
    this.heal(counters);
  }

  /** Shows the first record that could not be decoded; all are counted among the drops. */
  private sayMalformed(): void {
    const { sample } = this.capture.ring;
    if (sample === undefined || this.malformedSaid) return;
    this.malformedSaid = true;
    const bytes = sample.bytes.toString("hex");
    const message = `a record could not be decoded (${sample.reason}) and is counted as lost; it begins ${bytes}`;
    this.log("error", message);
  }

  /** Says by rule how many alerts its rate held back since the last time. */
  private saySuppressed(): void {
    const about = { time: this.pipeline.lastTime, hostname: this.data.hostname };
    for (const alert of suppressedAlerts(this.counts, about)) this.alerts.push(alert);
  }

  /** Reads /proc again when records were lost that keep the process tree. */
  private heal({ drops }: Counters): void {
    const lost = drops
      .filter(({ event }) => event === "" || treeEvents.has(event))
      .reduce((sum, { count }) => sum + count, 0);
    if (lost === this.treeDrops) return;
    this.treeDrops = lost;
    if (this.started) void this.node.node.scan();
  }

  /** Reads whose losses they are, where there are new ones or the ring was filling. */
  private readLosses({ dropped, contested }: CaptureCounters): void {
    const owned = dropped.reduce((sum, { event, count }) => sum + (event === "" ? 0 : count), 0);
    if (owned === this.ownedDrops && contested === this.contested) return;
    this.ownedDrops = owned;
    this.contested = contested;
    this.ledger.take({ drops: this.capture.dropsByCgroup(), demand: this.capture.demandByCgroup() });
  }

  /** What the kernel side counted, and whose losses they are. */
  private kernelCounters(): CaptureCounters {
    const kernel = this.capture.counters();
    this.readLosses(kernel);
    return kernel;
  }

  /** All numbers; those of the kernel side are as they were when `kernel` was read. */
  private counters(kernel = this.kernelCounters()): Counters {
    const { dropped, wakeUps, looks } = kernel;
    return {
      source: "syscall",
      events: this.pipeline.events,
      matched: this.pipeline.matched,
      undecodable: this.pipeline.faults,
      drops: dropped,
      losses: this.ledger.losses(this.ownedDrops),
      overflow: this.alerts.overflow,
      ...ruleNumbers(this.counts),
      sizes: {
        processes: this.node.state.size,
        processes_evicted: this.node.state.evicted,
        wake_ups: wakeUps,
        looks,
        ...this.node.state.counters,
        ...this.recorder?.sizes,
      },
      containers: containerNumbers(this.node.containers, this.pipeline.held),
    };
  }

  /** Detaches, takes in what is still in the ring, and says the final numbers. */
  async stop(): Promise<void> {
    clearInterval(this.ticker);
    const kernel = this.kernelCounters();
    this.capture.close(this.onRecord());
    clearTimeout(this.holdTimer);
    // What still waits will not be named any more.
    if (this.pipeline.held.size > 0) this.tellTime(bootTimeNow() + LONG);
    this.saySuppressed();
    this.alerts.flush();
    const counters = this.counters(kernel);
    this.recorder?.end({ ...counters, time: this.pipeline.lastTime, last: true });
    this.post({ kind: "stopped", counters });
    await this.node.close();
  }
}

/** What is known of containers, and what waits for it. */
function containerNumbers(containers: Containers, held: HeldEvents): ContainerNumbers {
  const { bytes, evicted, podsEvicted, podCount } = containers;
  const { held: eventsHeld, heldTimeouts: timeouts, heldOverflows: overflows } = held.counters;
  return {
    ...containers.tally(),
    pods: podCount,
    ...{ bytes, evicted, podsEvicted, eventsHeld, timeouts, overflows },
    eventsWaiting: held.size,
  };
}

const textOf = (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error));
