/**
 * Fields that rules may name but that are not set (yet), with what is said at load: one place, so that nothing is
 * promised silently.
 */
type Pattern = string | RegExp;

const messages: readonly (readonly [fields: readonly Pattern[], message: string])[] = [
  [[/^thread\.cpu/], "no share of a second is measured, so it is missing; thread.totexectime is set"],
  [[/^fdlist\./], "poll and ppoll are not captured, so it is missing"],
  [[/^evt\.buf/], "of calls that read and write data only sendto and sendmsg are captured"],
  [["evt.pluginname", "evt.plugininfo", "evt.asynctype"], "only events of plugins have it"],
  [
    [/^evt\.infra\.docker\./, "evt.count.procinfo", "evt.count.threadinfo", "evt.wait_latency"],
    "there are no such events any more, so it is missing",
  ],
];

/** What to say where a rule uses the field, undefined where it is set. */
export function neverSet(name: string, source: string): string | undefined {
  if (source !== "syscall" && name.startsWith("evt.plugin")) return undefined;
  const found = messages.find(([patterns]) =>
    patterns.some((pattern) => (typeof pattern === "string" ? pattern === name : pattern.test(name))),
  );
  return found?.[1];
}
