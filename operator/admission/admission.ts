/**
 * The admission webhook of one operator. Every operator answers, whether it leads or not, with the certificate that the one
 * that leads made, or somebody else. What it cannot check now it lets through: the controller is the safety net.
 */
import type { SetObject } from "../../agent/rules/set/rule-set.ts";
import type { Context } from "../kube/context.ts";
import type { Informer } from "../kube/informer.ts";
import { keyOf } from "../kube/object.ts";
import { secretInformer, type StoredPair } from "./certificates/controller.ts";
import { readPair } from "./certificates/x509.ts";
import { judge, type JudgeParts } from "./judge.ts";
import { ReviewClient } from "./review-client.ts";
import { serveWebhook, type WebhookServer } from "./server.ts";

export interface AdmissionOptions {
  /** All FalcoRules, as the controllers hold them. */
  readonly rules: Informer<{ readonly object: SetObject }>;
  /** All AlertSinks. */
  readonly sinks: Informer<unknown>;
  /** What is wrong with the credentials that an AlertSink of a namespace names; never rejects. */
  readonly credentials: JudgeParts["credentials"];
  readonly address: string;
  readonly port: number;
  /** Name of the Secret with its certificate, in the operator's namespace. */
  readonly secret: string;
}

/** Milliseconds until a port that was taken is tried again. */
const retryListen = 5000;

export class Admission {
  readonly #context: Context;
  readonly #options: AdmissionOptions;
  readonly #reviews: ReviewClient;
  readonly #ends: (() => void)[] = [];
  #server: WebhookServer | undefined;
  #certificate: StoredPair | undefined;
  #turn: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(context: Context, options: AdmissionOptions) {
    this.#context = context;
    this.#options = options;
    const { clock, log, namespace } = context;
    const { rules, sinks, secret, credentials } = options;
    this.#reviews = new ReviewClient({
      operatorNamespace: namespace,
      clock,
      onEnd: (reason) =>
        log("error", `the thread that reviews rules ended (${reason}); it is begun anew`, "review thread"),
    });
    this.#ends.push(rules.onChange(({ key, after }) => this.#reviews.know(key, after?.object)));
    const certificate = secretInformer(context, secret);
    const own = keyOf({ namespace, name: secret });
    this.#ends.push(certificate.onChange(({ key, after }) => key === own && this.#use(after)));
    this.#judge = (request) =>
      judge(request, {
        operatorNamespace: namespace,
        review: (object) => this.#reviews.review(object),
        hasSink: (key) => sinks.get(key) !== undefined,
        credentials,
      });
    const { metrics } = context;
    this.#requests = metrics.counter(
      "controller_runtime_webhook_requests_total",
      "Reviews by the HTTP status they were answered with",
      ["webhook", "code"],
    );
    this.#outcomes = metrics.counter(
      "tiercel_operator_reviews_total",
      "Objects that the webhook looked at, by what came of it",
      ["kind", "outcome"],
    );
    this.#seconds = metrics.counter(
      "tiercel_operator_review_seconds_total",
      "Time that reviews took, summed",
      ["kind"],
    );
  }

  readonly #judge: Parameters<typeof serveWebhook>[0]["judge"];
  readonly #requests;
  readonly #outcomes;
  readonly #seconds;

  /** The port it listens on; undefined while there is no certificate. */
  get port(): number | undefined {
    return this.#server?.port;
  }

  #use(pair: StoredPair | undefined): void {
    if (pair === undefined) return;
    if (readPair(pair) === undefined) {
      const { log } = this.#context;
      const until =
        this.#certificate === undefined ? "the admission webhook waits for one" : "the one before stays";
      log("warning", `Secret ${this.#options.secret} holds no certificate with its key; ${until}`);
      return;
    }
    this.#certificate = pair;
    this.#turn = this.#turn.then(() => this.#serve());
  }

  async #serve(): Promise<void> {
    const certificate = this.#certificate;
    if (this.#stopped || certificate === undefined) return;
    if (this.#server !== undefined) return this.#server.use(certificate);
    const { log, clock } = this.#context;
    const { address, port } = this.#options;
    try {
      this.#server = await serveWebhook({
        address,
        port,
        certificate,
        judge: this.#judge,
        onDone: (outcome, milliseconds, kind) => {
          this.#requests.add(["/validate", outcome === "bad" ? "400" : "200"]);
          this.#outcomes.add([kind, outcome]);
          this.#seconds.add([kind], milliseconds / 1000);
        },
      });
      log("info", `the admission webhook listens on port ${this.#server.port}`);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === "EADDRINUSE" ? "something else does (EADDRINUSE)" : message;
      log(
        "error",
        `the admission webhook cannot listen on ${address}:${port}: ${why}; rules are not checked when they are applied`,
        "webhook listen",
      );
      clock.after(retryListen, () => {
        this.#turn = this.#turn.then(() => this.#serve());
      });
    }
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const end of this.#ends) end();
    await this.#turn;
    await Promise.all([this.#server?.close(), this.#reviews.stop()]);
  }
}
