import assert from "node:assert/strict";
import { maximumSet } from "../../../../agent/cli/cluster/set-index.ts";
import {
  mostOfSet,
  mostOfTeam,
  withoutRoom,
  type Claim,
} from "../../../../operator/controllers/falco-rules/room.ts";

const claim = (key: string, bytes: number, created = "2026-11-26T08:00:00Z"): Claim => ({
  key,
  namespace: key.split("/")[0]!,
  created,
  bytes,
});
const left = (claims: readonly Claim[]) => [...withoutRoom(claims, "home").keys()].sort();

describe("room in the rule set", () => {
  it("is for less than agents take", () => assert.ok(mostOfSet < maximumSet));

  it("is bounded for a team, whose oldest objects keep theirs", () => {
    const half = mostOfTeam / 2;
    const claims = [claim("a/new", half, "2026-11-26T09:00:00Z"), claim("a/x", half), claim("a/y", half)];
    assert.deepEqual(left(claims), ["a/new"]);
    assert.match(withoutRoom(claims, "home").get("a/new")!, /namespace a have more than 2097152 bytes/);
    assert.deepEqual(left([...claims.slice(0, 2), claim("b/y", mostOfTeam)]), []);
  });

  it("goes to a smaller object where a larger one had none", () => {
    assert.deepEqual(left([claim("a/x", mostOfTeam - 10), claim("a/y", 20), claim("a/z", 10)]), ["a/y"]);
  });

  it("is the operator's namespace's first, with no bound of its own, then the oldest's", () => {
    const claims = Array.from({ length: 6 }, (_, n) =>
      claim(`team-${n}/r`, mostOfTeam, `2026-11-26T08:00:0${n}Z`),
    );
    const own = claim("home/r", mostOfSet - 3 * mostOfTeam, "2026-11-26T09:00:00Z");
    assert.deepEqual(left([...claims, own]), ["team-3/r", "team-4/r", "team-5/r"]);
  });
});
