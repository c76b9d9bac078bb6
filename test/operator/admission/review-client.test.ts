/** The thread for reviews: what it answers, and what happens when it does not. */
import assert from "node:assert/strict";
import { setObjectOf } from "../../../agent/rules/set/set-object.ts";
import { mostReviews, ReviewClient, reviewTime } from "../../../operator/admission/review-client.ts";
import { TestClock } from "../../agent/kube/clock.ts";

const rule = { rule: "r", desc: "d", condition: "m and proc.name = vi", output: "o", priority: "NOTICE" };
const own = setObjectOf({ metadata: { namespace: "shop", name: "own" }, spec: { rules: [rule] } });
const macros = [{ macro: "m", condition: "evt.type = execve" }];
const base = setObjectOf({ metadata: { namespace: "tiercel-system", name: "base" }, spec: { macros } });

/** A thread's file that never answers, or dies at once. */
const thread = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
const silent = thread(
  'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => {});',
);

describe("the thread that reviews rules", () => {
  let client: ReviewClient | undefined;
  afterEach(async () => {
    await client?.stop();
    client = undefined;
  });

  it("reviews beside what it knows, also after it died", async () => {
    const clock = new TestClock();
    const ended = new Promise<string>((resolve) => {
      client = new ReviewClient({ operatorNamespace: "tiercel-system", clock, onEnd: resolve });
    });
    client!.know("tiercel-system/base", base);
    const lost = client!.review(own);
    // It has not even begun.
    clock.advance(10_000);
    assert.equal(await lost, undefined);
    await ended;
    clock.advance(1000);
    assert.deepEqual(await client!.review(own), { mistakes: [], warnings: [] });
    client!.know("tiercel-system/base", undefined);
    const alone = await client!.review(own);
    assert.deepEqual(alone?.mistakes, []);
    assert.match(alone?.warnings.join() ?? "", /'?m'? /);
  }).timeout(60_000);

  it("gives up a review after a while, and those beyond the bound at once", async () => {
    const clock = new TestClock();
    client = new ReviewClient({ operatorNamespace: "o", clock, onEnd: () => {}, thread: silent });
    const waiting = Array.from({ length: mostReviews }, () => client!.review(own));
    assert.equal(await client.review(own), undefined);
    clock.advance(reviewTime);
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set([undefined]));
    // The thread still has them: no more are given to it.
    assert.equal(await client.review(own), undefined);
  });

  it("ends a thread that is stuck, and begins it anew", async () => {
    const clock = new TestClock();
    const ends: string[] = [];
    const ended = new Promise<void>((resolve) => {
      const onEnd = (reason: string) => {
        ends.push(reason);
        resolve();
      };
      client = new ReviewClient({ operatorNamespace: "o", clock, onEnd, thread: silent });
    });
    const review = client!.review(own);
    clock.advance(10_000);
    assert.equal(await review, undefined);
    await ended;
    assert.equal(await client!.review(own), undefined);
    clock.advance(1000);
    let settled = false;
    const again = client!.review(own).then(() => (settled = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(settled, false);
    await client!.stop();
    await again;
    assert.equal(ends.length, 1);
  });
});
