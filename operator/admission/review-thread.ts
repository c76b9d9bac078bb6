/** Entry of the thread that reviews rules: compiling the largest files takes longer than the operator may be busy. */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../agent/kube/clock.ts";
import { collectAtRest, ownHeap } from "../kube/rest.ts";
import type { FromThread, ReviewThreadData, ToThread } from "./review-messages.ts";
import { RuleReviewer } from "./rule-reviewer.ts";

const { operatorNamespace } = workerData as ReviewThreadData;
const reviewer = new RuleReviewer(operatorNamespace);
collectAtRest(ownHeap(), systemClock);

parentPort!.on("message", (message: ToThread) => {
  if (message.kind === "know") reviewer.know(message.key, message.definitions);
  else {
    const { id, object, bases } = message;
    const answer: FromThread = { id, review: reviewer.review(object, bases) };
    parentPort!.postMessage(answer);
  }
});
