/** Alerts to Prometheus Alertmanager. */
import { alertmanagerAlert, type AlertmanagerLook } from "./alertmanager-alert.ts";
import type { Clock } from "./clock.ts";
import { HttpClient, type HttpClientOptions } from "./http-client.ts";
import { DeliveryError, type RenderedAlert, type Sink } from "./sink.ts";

export interface AlertmanagerOptions extends AlertmanagerLook {
  /** Of its API, one for each replica: every alert goes to all of them, and is delivered once one took it. */
  readonly urls: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly http: HttpClientOptions;
}

/** Milliseconds that other replicas get once one took the alerts. */
const patience = 1000;

/** @throws TypeError if an URL is none */
export function alertmanagerSink(options: AlertmanagerOptions): Sink {
  const { clock, http } = options;
  const headers = { "User-Agent": "tiercel", ...options.headers, "Content-Type": "application/json" };
  const replicas = options.urls.map((url) => new HttpClient(new URL(url), http));

  const post = async (batch: readonly RenderedAlert[], signal: AbortSignal): Promise<void> => {
    const alerts = batch.map(({ alert }) => alertmanagerAlert(alert, options, clock.now()));
    const body = Buffer.from(JSON.stringify(alerts));
    const enough = new AbortController();
    const either = AbortSignal.any([signal, enough.signal]);
    let stopWaiting = () => {};
    const outcomes = await Promise.all(
      replicas.map(async (replica) => {
        const outcome = await outcomeOf(replica, body, headers, either);
        if (outcome === undefined) {
          stopWaiting();
          stopWaiting = clock.after(patience, () => enough.abort());
        }
        return outcome;
      }),
    );
    stopWaiting();
    const faults = outcomes.filter((outcome) => outcome !== undefined);
    if (faults.length < replicas.length) return;
    throw faults.find(({ fault }) => fault !== "permanent") ?? faults[0]!;
  };
  return {
    name: "alertmanager",
    batch: 20,
    open: async () => void (await Promise.all(replicas.map((replica) => replica.open()))),
    async send(batch, signal) {
      try {
        await post(batch, signal);
      } catch (error) {
        const refused = error instanceof DeliveryError && error.fault === "permanent" && batch.length > 1;
        if (!refused) throw error;
        // It took the others of the batch; which one it did not like is found by asking for each.
        for (const [index, alert] of batch.entries())
          await post([alert], signal).catch((each: DeliveryError) => {
            const { fault, message, retryAfter } = each;
            const more = { delivered: index, ...(fault === "permanent" && { refused: 1 }) };
            throw new DeliveryError(fault, message, {
              ...more,
              ...(retryAfter !== undefined && { retryAfter }),
            });
          });
      }
    },
    reopen() {
      for (const replica of replicas) replica.reopen();
    },
    async close() {
      for (const replica of replicas) replica.close();
    },
  };
}

/** Undefined where it took the body. */
async function outcomeOf(
  replica: HttpClient,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<DeliveryError | undefined> {
  try {
    return replica.faultOf(await replica.post(body, headers, signal));
  } catch (error) {
    if (error instanceof DeliveryError) return error;
    throw error;
  }
}
