/** Many agents and rules before the real operator, as it is shipped: few writes, little memory. bench/ has the large one. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fleet } from "../../bench/fleet/fleet.ts";
import { root } from "../support/reference.ts";

/** What esbuild says of a bundle. */
interface Bundled {
  readonly outputs: Readonly<Record<string, { readonly inputs: Readonly<Record<string, unknown>> }>>;
}

describe("an operator of many agents", function () {
  this.timeout(600_000);

  it("writes less than once a second, nothing in a rest, and takes less than 128 MiB", async function () {
    execFileSync(process.execPath, [`${root}build/scripts/bundle.js`]);
    const isModel = (file: string) => file.includes("/@kubernetes/client-node/dist/gen/models/V1");
    const { outputs } = JSON.parse(readFileSync(`${root}build/bundle/meta.json`, "utf8")) as Bundled;
    const kept = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
    assert.deepEqual(kept.filter(isModel), [], "the client's types are in the bundle");
    const figures = await fleet(this, {
      agents: 30,
      objects: 20,
      rulesPerObject: 5,
      seconds: 35,
      program: `${root}build/bundle/build/main.js`,
      print: () => {},
    });
    const { ready, writes, agentWrites, idleWrites, peak, runtime } = figures;
    assert.equal(ready, 20);
    assert.ok(agentWrites > 0.5, `agents wrote ${agentWrites} times a second`);
    assert.ok(writes > 0 && writes < 1, `the operator wrote ${writes} times a second`);
    assert.equal(idleWrites, 0);
    assert.ok(peak - runtime < 128, `${peak} MiB resident at most, of them the runtime ${runtime}`);
  });
});
