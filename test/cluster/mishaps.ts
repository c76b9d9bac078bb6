/** What goes wrong between the operator and its API server in tests of chaos. */
import { type Asked, type ChaosProxy, type Fault } from "./chaos-proxy.ts";
import type { ControlPlane } from "./control-plane.ts";

export const isWrite = ({ method, path }: Asked) => method !== "GET" && !path.includes("/leases");

/** What goes wrong; what is returned ends it. */
export type Mishap = (proxy: ChaosProxy) => (() => unknown) | Promise<() => unknown> | void;
const until = (fault: Fault): Mishap => {
  return (proxy) => {
    proxy.fault(fault);
    return () => proxy.clear();
  };
};
const notLease = ({ path }: Asked) => !path.includes("/leases");
const list = ({ method, watch }: Asked) => method === "GET" && !watch;

export interface MishapPlace {
  readonly plane: () => ControlPlane;
  /** Changes objects, so that there is something to miss. */
  readonly edit: () => Promise<void>;
}

/** All of them by name. */
export function mishaps({ plane, edit }: MishapPlace): readonly (readonly [what: string, mishap: Mishap])[] {
  return [
    ["all connections are cut", (proxy) => proxy.cut()],
    ["all connections are half closed", (proxy) => proxy.halfClose()],
    ["all connections fall silent", (proxy) => proxy.silence()],
    ["watches are told 410", (proxy) => proxy.endWatches(410)],
    ["watches are told 500", (proxy) => proxy.endWatches(500)],
    [
      "the server has forgotten what came since",
      async (proxy) => {
        proxy.refuse();
        await edit();
        await plane().compact();
        return () => proxy.accept();
      },
    ],
    [
      "new watches are told 410",
      (proxy) => {
        proxy.fault({ act: { errorEvent: 410 }, only: ({ watch }) => watch, times: 4 });
        proxy.cut();
      },
    ],
    ["everything is answered 429", until({ act: { answer: 429, retryAfter: 1 } })],
    ["everything is answered 500", until({ act: { answer: 500 } })],
    ["everything is answered 401", until({ act: { answer: 401 } })],
    ["everything is answered 403", until({ act: { answer: 403 }, only: notLease })],
    [
      "lists are answered 410",
      (proxy) => {
        proxy.fault({ act: { answer: 410 }, only: list, times: 3 });
        proxy.endWatches(410);
      },
    ],
    ["writes are done and their answers lost", until({ act: "cut-after", only: isWrite, times: 6 })],
    ["writes are cut before they are done", until({ act: "cut", only: isWrite, times: 6 })],
    ["writes hang", until({ act: "hang", only: isWrite, times: 3 })],
    [
      "answers end in their middle",
      (proxy) => {
        proxy.fault({ act: "half", only: notLease, times: 8 });
        proxy.cut();
      },
    ],
    ["answers are late", until({ act: { delay: 700 } })],
    [
      "nobody listens for a while",
      (proxy) => {
        proxy.refuse();
        return () => proxy.accept();
      },
    ],
  ];
}
