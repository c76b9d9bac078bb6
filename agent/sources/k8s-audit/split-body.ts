/** Where the events of a body lie: an EventList, a JSON list of Events, or one Event. */
import { JsonError, JsonWalk } from "./json-walk.ts";
import type { Limits } from "./limits.ts";

/** Why a body as a whole is refused; `outcome` is what is counted, the message goes to the client. */
export class BodyError extends Error {
  override readonly name = "BodyError";
  readonly outcome: "malformed" | "too_large";

  constructor(outcome: BodyError["outcome"], message: string) {
    super(message);
    this.outcome = outcome;
  }
}

/** One event's text: bytes from `start` up to `end`, and its levels of nesting. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly levels: number;
}

/** Versions of the API group audit.k8s.io whose Event has the shape that fields read. */
const versions = new Set(["audit.k8s.io/v1", "audit.k8s.io/v1beta1"]);

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Longest name or value, bytes, that is looked at beside the events. */
const LONGEST = 256;

class BodyWalk {
  readonly spans: Span[] = [];
  private readonly bytes: Buffer;
  private readonly walk: JsonWalk;
  private readonly mostEvents: number;
  private readonly texts = new Map<string, string>();

  constructor(bytes: Buffer, mostEvents: number) {
    this.bytes = bytes;
    this.walk = new JsonWalk(bytes);
    this.mostEvents = mostEvents;
  }

  read(): void {
    const { walk } = this;
    const first = walk.next();
    if (first === OPEN_LIST) this.list();
    else if (first === OPEN_OBJECT) this.object();
    else throw new JsonError(walk.at);
    if (walk.next() !== undefined) throw new JsonError(walk.at);
  }

  /** Passes one value. */
  private value(): Span {
    this.walk.next();
    const start = this.walk.at;
    this.walk.value();
    return { start, end: this.walk.at, levels: this.walk.levels };
  }

  /** Passes a list, each element an event. */
  private list(): void {
    const { walk, spans } = this;
    walk.expect(OPEN_LIST);
    if (walk.next() !== CLOSE_LIST)
      for (;;) {
        if (spans.length === this.mostEvents)
          throw new BodyError("too_large", `a body may have ${this.mostEvents} events`);
        spans.push(this.value());
        if (walk.next() !== COMMA) break;
        walk.at++;
      }
    walk.expect(CLOSE_LIST);
  }

  /** Passes an EventList or an Event; what it is shows only at its end. */
  private object(): void {
    const { walk, spans } = this;
    const start = walk.at;
    let levels = 0;
    walk.expect(OPEN_OBJECT);
    if (walk.next() !== CLOSE_OBJECT)
      for (;;) {
        if (walk.next() !== QUOTE) throw new JsonError(walk.at);
        const name = this.text(this.value());
        walk.expect(COLON);
        if (name === "items" && walk.next() === OPEN_LIST) this.list();
        else {
          const value = this.value();
          if (value.levels > levels) levels = value.levels;
          if (name === "kind" || name === "apiVersion") this.texts.set(name, this.text(value));
        }
        if (walk.next() !== COMMA) break;
        walk.at++;
      }
    walk.expect(CLOSE_OBJECT);
    const { kind = "nothing", apiVersion } = Object.fromEntries(this.texts) as Record<string, string>;
    if (kind !== "EventList" && kind !== "Event")
      throw new BodyError("malformed", `kind must be EventList or Event of audit.k8s.io/v1`);
    if (apiVersion !== undefined && !versions.has(apiVersion))
      throw new BodyError("malformed", `apiVersion must be audit.k8s.io/v1`);
    if (kind === "Event") spans.splice(0, spans.length, { start, end: walk.at, levels: levels + 1 });
  }

  /** A short text; "" for a long one and for what is no text. */
  private text({ start, end }: Span): string {
    if (end - start > LONGEST || this.bytes[start] !== QUOTE) return "";
    return JSON.parse(this.bytes.toString("utf8", start, end)) as string;
  }
}

/**
 * Finds the events of a body, in order. All of the body is checked before, so that a body is taken as a whole or not at
 * all: the API server sends one that was refused again. @throws BodyError
 */
export function splitBody(bytes: Buffer, { events }: Pick<Limits, "events">): readonly Span[] {
  const body = new BodyWalk(bytes, events);
  try {
    body.read();
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new BodyError("malformed", `the body is ${error.message}`);
  }
  return body.spans;
}
