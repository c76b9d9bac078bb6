/** How long `kubectl apply` waits for the admission webhook, with others who apply at the same time. */
import type { Question } from "../question.ts";
import { throughApiServer } from "./admission/through-api-server.ts";
import { webhookAlone } from "./admission/webhook-alone.ts";

export const admission: Question = {
  name: "admission",
  asks: "How long does kubectl apply of the largest rules file wait for the webhook, while others apply too?",
  ask: async (context) => [...(await webhookAlone(context)), ...(await throughApiServer(context))],
};
