import assert from "node:assert/strict";
import { blindSpots } from "../../../../agent/cli/agent/blind-spots.ts";
import type { RuntimesStatus } from "../../../../agent/state/runtimes/runtimes.ts";

const runtimes = (up: boolean) => ({ runtimes: [{ up: false }, { up }] }) as unknown as RuntimesStatus;

describe("what a node's agent cannot see", () => {
  const cases = [
    {
      name: "paths of calls by name, always",
      sight: { syscalls: true, pods: true, runtimes: runtimes(true) },
      spots: ["PathsOfCallsByName"],
    },
    {
      name: "what the API alone knows of pods",
      sight: { syscalls: true, pods: false, runtimes: runtimes(true) },
      spots: ["PathsOfCallsByName", "PodMetadata"],
    },
    {
      name: "who containers are, without a runtime",
      sight: { syscalls: true, pods: true, runtimes: runtimes(false) },
      spots: ["PathsOfCallsByName", "ContainerNames"],
    },
    {
      name: "nothing that an audit agent is there for",
      sight: { syscalls: false, pods: false, runtimes: runtimes(false) },
      spots: [],
    },
  ];
  for (const { name, sight, spots } of cases)
    it(name, () =>
      assert.deepEqual(
        blindSpots(sight).map((spot) => spot.name),
        spots,
      ),
    );
});
