import assert from "node:assert/strict";
import { noCounters, type Counters, type RuleNumbers } from "../../../../agent/cli/agent/counters.ts";
import { lossOwner } from "../../../../agent/cli/agent/loss-owner.ts";
import { summary } from "../../../../agent/cli/agent/summary.ts";

const rule = (name: string, facts: Partial<RuleNumbers>): RuleNumbers => ({
  namespace: "",
  object: "",
  rule: name,
  priority: 4,
  source: "syscall",
  tags: [],
  matches: 0,
  lastMatch: 0n,
  suppressed: 0,
  faults: 0,
  ...facts,
});

describe("summary at the end", () => {
  it("of a quiet run has zeros and empty lists", () => {
    assert.equal(
      summary([noCounters("syscall")], []),
      `Events seen: 0
Events matched: 0
Events dropped: 0
Alerts suppressed by the rate of their rule: 0
Alerts lost on the way: 0
Rule counts by severity:
Triggered rules by rule name:`,
    );
  });

  it("says events, drops by cause, alerts by severity and by rule", () => {
    const counters: Counters = {
      ...noCounters("syscall"),
      events: 1000,
      matched: 12,
      undecodable: 1,
      drops: [
        { cause: "ring full", event: "openat", count: 3 },
        { cause: "ring full", event: "execve", count: 0 },
        { cause: "recursion", event: "", count: 5 },
      ],
      losses: {
        owners: [
          {
            ...lossOwner({ id: "host", type: "host", cgroupPath: "/" }, "/system.slice/cron.service"),
            drops: [{ cause: "ring_reserved", event: "openat", count: 1 }],
            demand: 0,
          },
          {
            ...lossOwner(
              { id: "0123456789abcdef", type: "docker", cgroupPath: "/docker/0123" },
              "/docker/0123",
            ),
            name: "we\u001bb",
            drops: [
              { cause: "ring_share", event: "openat", count: 2 },
              { cause: "ring_share", event: "unlink", count: 4 },
            ],
            demand: 10,
          },
          {
            ...lossOwner({ id: "b", type: "docker", cgroupPath: "/docker/b" }, "/docker/b"),
            drops: [],
            demand: 4,
          },
        ],
        others: 5,
      },
      overflow: 2,
      rules: [
        rule("Shadow\u001b read", { matches: 10, suppressed: 4, faults: 1 }),
        rule("B", { matches: 2, priority: 6 }),
        rule("Silent", {}),
      ],
      gone: { matches: 7, suppressed: 1, faults: 0 },
    };
    assert.equal(
      summary([counters], [{ name: "stdout", delivered: 4, failed: 0, dropped: 3 }]),
      `Events seen: 1000
Events matched: 12
Events dropped: 9 (recursion 5, ring full of openat 3, undecodable 1)
Events dropped by container:
   container we\\u001bb (id 0123456789ab): 6 (ring_share of unlink 4, ring_share of openat 2)
   the host's cgroup /system.slice/cron.service: 1 (ring_reserved of openat 1)
   (others): 5
Alerts suppressed by the rate of their rule: 5
Alerts lost on the way: 5 (stdout 3, main thread behind 2)
Rules that failed on events: Shadow\\u001b read 1
Rule counts by severity:
   WARNING: 10
   INFO: 2
Triggered rules by rule name:
   Shadow\\u001b read: 10
   B: 2
   (rules that left the set): 7`,
    );
  });

  it("says which requests were refused, and nothing where none was", () => {
    const counters = (refused: number): Counters => ({
      ...noCounters("k8s_audit"),
      requests: [
        { outcome: "accepted", count: 9 },
        { outcome: "malformed", count: refused },
        { outcome: "busy", count: 0 },
      ],
    });
    assert.match(summary([counters(2)], []), /^Requests refused: 2 \(malformed 2\)$/m);
    assert.doesNotMatch(summary([counters(0)], []), /Requests/);
  });

  it("adds up all sources and says what each saw", () => {
    const gone = { matches: 1, suppressed: 2, faults: 0 };
    const some = { matched: 3, undecodable: 1, overflow: 1, gone };
    const lines = summary(
      [
        { ...noCounters("syscall"), ...some, events: 10, rules: [rule("A", { matches: 1 })] },
        { ...noCounters("k8s_audit"), ...some, events: 20, rules: [rule("A", { matches: 2 })] },
      ],
      [],
    ).split("\n");
    assert.deepEqual(lines.slice(0, 5), [
      "Events seen: 30 (k8s_audit 20, syscall 10)",
      "Events matched: 6 (k8s_audit 3, syscall 3)",
      "Events dropped: 2 (undecodable 2)",
      "Alerts suppressed by the rate of their rule: 4",
      "Alerts lost on the way: 2 (main thread behind 2)",
    ]);
    assert.deepEqual(lines.slice(-2), ["   A: 3", "   (rules that left the set): 2"]);
  });
});
