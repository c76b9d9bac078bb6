/**
 * Fields that rules may name but that are not set (yet), with what is said at load: one place, so that nothing is
 * promised silently.
 */
type Pattern = string | RegExp;

const metadata =
  "is set once container metadata are read from the runtime; until then it is missing in containers";
const pods = "is set once pod metadata are read from the cluster; until then it is missing";
const statistics = "needs statistics of processes that are not collected; it is missing";

const messages: readonly (readonly [fields: readonly Pattern[], message: string])[] = [
  [[/^container\.(?!id$|full_id$|type$|start_ts$|duration$)/], metadata],
  [[/^proc\.is_container_/], metadata],
  [[/^k8s\./, /^k8smeta\./], pods],
  [
    [
      "proc.fdopencount",
      "proc.fdlimit",
      "proc.fdusage",
      /^(proc|thread)\.vm/,
      /^thread\.pf/,
      "thread.exectime",
      "thread.totexectime",
      /^thread\.cpu/,
    ],
    statistics,
  ],
  [[/^proc\.std(in|out|err)\./], "needs a table of descriptors, which is not kept; it is missing"],
  [[/^fdlist\./], "is a field of poll and ppoll, which are not captured; it is missing"],
  [[/^evt\.buf/], "needs the data of reads and writes, of which only sendto and sendmsg are captured"],
  [
    ["evt.pluginname", "evt.plugininfo", "evt.asynctype"],
    "is a field of plugin events; it is missing on others",
  ],
  [
    [/^evt\.infra\.docker\./, "evt.count.procinfo", "evt.count.threadinfo", "evt.wait_latency"],
    "is a field of events that no longer exist; it is missing",
  ],
];

/** What to say where a rule uses the field, undefined where it is set. */
export function neverSet(name: string): string | undefined {
  const found = messages.find(([patterns]) =>
    patterns.some((pattern) => (typeof pattern === "string" ? pattern === name : pattern.test(name))),
  );
  return found?.[1];
}
