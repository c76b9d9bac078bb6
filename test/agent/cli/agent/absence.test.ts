import assert from "node:assert/strict";
import { sayAbsence, type Watched } from "../../../../agent/cli/agent/absence.ts";
import type { Alert } from "../../../../agent/engine/alert.ts";

describe("the time in which nobody watched", () => {
  const said = (killed: boolean, watched: Watched = "node") => {
    const lines: string[] = [];
    const alerts: Alert[] = [];
    sayAbsence(
      { from: 1_700_000_000_000, until: 1_700_000_017_240, killed },
      {
        log: (level, message) => void lines.push(`${level} ${message}`),
        publish: (more) => void alerts.push(...more),
        hostname: "node1",
        watched,
      },
    );
    return { lines, alerts };
  };

  it("is logged and an alert where the agent was killed", () => {
    const { lines, alerts } = said(true);
    const text =
      "nothing was watched on this node for 17.2 s, from 2023-11-14T22:13:20.000Z until 2023-11-14T22:13:37.240Z: the agent was killed, or the node went down";
    assert.deepEqual(lines, [`warning ${text}`]);
    assert.equal(alerts.length, 1);
    const [{ rule, priority, message, fields, hostname, time }] = alerts as [Alert];
    assert.deepEqual(
      { rule, priority, message, hostname, time },
      {
        rule: "Tiercel internal: agent was killed",
        priority: 4,
        message: text,
        hostname: "node1",
        time: 1_700_000_017_240_000_000n,
      },
    );
    assert.deepEqual(Object.fromEntries(fields), {
      from: "2023-11-14T22:13:20.000Z",
      until: "2023-11-14T22:13:37.240Z",
      seconds: 17.2,
    });
  });

  it("is one without audit events for an agent that only takes these", () => {
    const { lines, alerts } = said(true, "audit");
    assert.match(
      lines[0]!,
      /^warning no audit event was taken here for 17\.2 s, from .*: the agent was killed/,
    );
    assert.equal(alerts.length, 1);
  });

  it("is only logged where it ended by itself", () => {
    const { lines, alerts } = said(false);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /^notice nothing was watched .*: the agent ended and was started anew$/);
    assert.deepEqual(alerts, []);
  });
});
