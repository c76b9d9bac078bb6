import assert from "node:assert/strict";
import { ApiFault } from "../../../../agent/kube/fault.ts";
import {
  credentialWarnings,
  type CredentialReview,
} from "../../../../operator/controllers/alert-sinks/credential-warnings.ts";
import type { AlertSinkSpec } from "../../../../operator/api/generated/alertsinks.ts";

const platform = "tiercel-system";
const key = (name: string, named: string) => ({ secretKeyRef: { name, key: named } });
const spec: AlertSinkSpec = {
  webhook: {
    urlFrom: key("hook", "url"),
    headers: [
      { name: "Authorization", valueFrom: key("hook", "token") },
      { name: "X-Team", valueFrom: key("other", "team") },
    ],
  },
};

describe("credentials of an AlertSink that is about to be stored", () => {
  const asked: string[] = [];
  const review = (
    secrets: Readonly<Record<string, Readonly<Record<string, string>>>>,
    more: Partial<CredentialReview> = {},
  ): CredentialReview => ({
    client: {
      get: async <T>({
        namespace,
        name,
      }: {
        readonly namespace?: string | undefined;
        readonly name: string;
      }) => {
        asked.push(`${namespace}/${name}`);
        const values = secrets[name];
        if (values === undefined) return undefined;
        const data = Object.fromEntries(
          Object.entries(values).map(([each, value]) => [each, Buffer.from(value).toString("base64")]),
        );
        return { metadata: { name, resourceVersion: "1" }, data } as T;
      },
    },
    operatorNamespace: platform,
    teamSecrets: true,
    ...more,
  });
  beforeEach(() => (asked.length = 0));

  it("are each asked for once, and what is missing or of no use is said", async () => {
    assert.deepEqual(await credentialWarnings("shop", spec, review({ hook: { url: "no url" } })), [
      "spec.webhook.urlFrom: key url of Secret shop/hook is no http or https URL; its alerts wait on the nodes until then",
      "spec.webhook.headers.0.valueFrom: Secret shop/hook has no key token; its alerts wait on the nodes until then",
      "spec.webhook.headers.1.valueFrom: there is no Secret shop/other; its alerts wait on the nodes until then",
    ]);
    assert.deepEqual(asked.sort(), ["shop/hook", "shop/other"]);
  });

  it("that are all there are no matter, and a sink without any asks for none", async () => {
    const there = review({ hook: { url: "https://x.example.com", token: "t" }, other: { team: "a" } });
    assert.deepEqual(await credentialWarnings("shop", spec, there), []);
    asked.length = 0;
    assert.deepEqual(
      await credentialWarnings("shop", { webhook: { url: "https://x.example.com" } }, there),
      [],
    );
    assert.deepEqual(asked, []);
  });

  it("of a team are not asked for where the operator may not read them", async () => {
    const own = review({}, { teamSecrets: false });
    assert.match(
      (await credentialWarnings("shop", spec, own)).join(),
      /may not read Secrets of other namespaces/,
    );
    assert.deepEqual(asked, []);
    assert.equal((await credentialWarnings(platform, spec, own)).length, 3);
  });

  it("that cannot be found out now are no matter", async () => {
    const get = () => Promise.reject(new ApiFault("network", "gone"));
    assert.deepEqual(await credentialWarnings("shop", spec, review({}, { client: { get } })), []);
  });
});
