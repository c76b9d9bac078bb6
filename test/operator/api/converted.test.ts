/** What `tiercel convert` makes is what the schemas of our kinds take. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { parse, stringify } from "yaml";
import { convertFile } from "../../../agent/cli/convert/convert-file.ts";
import type { AlertSink } from "../../../operator/api/generated/alertsinks.ts";
import type { FalcoRule } from "../../../operator/api/generated/falcorules.ts";
import type { Kind } from "../../../operator/api/resources.ts";
import { validateResource } from "../../../operator/api/validate.ts";
import { falcoRules } from "../../support/reference.ts";
import { catalogue, errors, load, rule } from "../../support/rules.ts";

interface Converted {
  readonly objects: readonly { readonly kind: Kind; readonly metadata: { readonly name: string } }[];
  readonly remarks: readonly string[];
}

/** Objects as kubectl reads them (YAML 1.1), each of which must be taken. */
function convert(text: string, name = "rules.yaml"): Converted {
  const { documents, remarks, refused } = convertFile(name, text, catalogue, { namespace: "default" });
  assert.equal(refused, undefined);
  const objects = documents
    .filter((document) => document.includes("apiVersion: tiercel.dev/"))
    .map((document) => parse(document, { version: "1.1" }) as Converted["objects"][number]);
  for (const object of objects)
    assert.deepEqual(validateResource(object.kind, object), [], object.metadata.name);
  return { objects, remarks };
}

const lists = ({ objects }: Converted) =>
  objects.map((object) =>
    (object as FalcoRule).spec.lists?.map(({ items = [], override }) => [items.length, override]),
  );

describe("converted objects keep the schemas", () => {
  it("of all public rule files", function () {
    const folder = falcoRules(this);
    const files = ["falco-rules", "user-rules"].flatMap((place) =>
      readdirSync(`${folder}/${place}`).map((name) => `${folder}/${place}/${name}`),
    );
    let objects = 0;
    for (const file of files.filter((name) => name.endsWith(".yaml"))) {
      const text = readFileSync(file, "utf8");
      const { refused } = convertFile(file, text, catalogue);
      if (refused === undefined) objects += convert(text, file).objects.length;
    }
    assert.ok(objects >= 25, `${objects} objects`);
  });

  it("of lists with numbers, words that YAML 1.1 takes for others, and rules with every key", () => {
    convert(`- list: l
  items: [22, 010, yes, "on", "~", 1e3, 12:30:45, null_, "a b"]
- macro: m
  condition: evt.type=open
- rule: r
  desc: d
  condition: m and proc.name in (l)
  output: o
  priority: Info
  source: syscall
  tags: [a, 1]
  enabled: false
  warn_evttypes: false
  skip-if-unknown-filter: true
  capture: true
  capture_duration: 5000
  exceptions: [{name: e, fields: [proc.name, fd.sport], comps: [in, =], values: [[[a, b], 22]]}, {name: f, fields: fd.sip, values: [1.2.3.4]}]
- rule: elsewhere
  condition: and evt.type=open
  tags: [x]
  priority: debug
  override: {condition: append, tags: replace, priority: replace}
`);
  });

  it("however long a list is: the rest of it is appended in further objects, and means the same", () => {
    const addresses = Array.from({ length: 4500 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    const text = `${stringify([
      { list: "bad", items: addresses },
      { list: "more", items: ["bad", "1.1.1.1"] },
    ])}
${rule("Contact", "evt.type=connect and fd.sip in (more)")}`;
    const converted = convert(text);
    const append = { items: "append" };
    assert.deepEqual(lists(converted), [
      [[2000, undefined]],
      [[2000, append]],
      [
        [500, append],
        [2, undefined],
      ],
    ]);
    const conditions = [[text], converted.objects.map((object) => stringify(object, { version: "1.1" }))].map(
      (texts) => {
        const { plan, results } = load(texts);
        assert.deepEqual(results.flatMap(errors), []);
        return plan!.rules.map(({ condition }) => condition);
      },
    );
    assert.deepEqual(conditions[1], conditions[0]);
  });

  it("of a change of a list that is elsewhere, however long it is", () => {
    const items = Array.from({ length: 2001 }, (_, n) => n);
    const append = { items: "append" };
    const changed = lists(convert(stringify([{ list: "l", items, override: append }])));
    assert.deepEqual(changed, [[[2000, append]], [[1, append]]]);
  });

  it("or say which bound is not kept", () => {
    const tags = Array.from({ length: 65 }, (_, n) => `t${n}`);
    const [long] = parse(rule("Long", "evt.type=open")) as object[];
    const text = stringify([{ ...long, tags: [...tags, "x".repeat(65)], output: "o".repeat(4097) }]);
    const { documents, remarks } = convertFile("r.yaml", text, catalogue);
    assert.ok(validateResource("FalcoRule", parse(documents[0]!)).length > 0);
    assert.deepEqual(remarks, [
      "r.yaml: a FalcoRule cannot hold this: rule Long: output has more than 4096 characters",
      "r.yaml: a FalcoRule cannot hold this: rule Long has more than 64 tags",
      "r.yaml: a FalcoRule cannot hold this: rule Long: a tag has more than 64 characters",
    ]);
  });

  it("of falcosidekick's outputs, with whatever their keys hold", () => {
    const { objects, remarks } = convert(
      stringify({
        slack: {
          webhookurl: "https://hooks.example.com/secret1",
          icon: ":x:",
          footer: "f",
          minimumpriority: "Error",
        },
        mattermost: { WebhookURL: "https://chat.example.com/secret2" },
        webhook: {
          address: "http://user:secret3@in.example.com",
          method: "put",
          customHeaders: "Authorization:Bearer secret4,X-A:b",
        },
        syslog: { host: "logs.example.com", port: "514", protocol: "TCP", format: "cef" },
        alertmanager: {
          hostport: "http://a:9093, ftp://b, http://user:secret5@c",
          endpoint: "api/v2/alerts",
          expiresafter: "600",
          extralabels: "team:a,bad-name:b",
          customheaders: { "X-Token": "secret6" },
        },
        elasticsearch: { hostport: "http://e:9200" },
      }),
      "sidekick.yaml",
    );
    const specs = Object.fromEntries(
      (objects as readonly AlertSink[]).map(({ metadata, spec }) => [metadata.name, spec]),
    );
    const from = (output: string, key: string) => ({
      secretKeyRef: { name: `falcosidekick-${output}`, key },
    });
    assert.deepEqual(specs, {
      "falcosidekick-slack": {
        slack: { webhookURL: from("slack", "webhookURL"), icon: ":x:", footer: "f" },
        filter: { minPriority: "ERROR" },
      },
      "falcosidekick-mattermost": { slack: { webhookURL: from("mattermost", "webhookURL") } },
      "falcosidekick-webhook": {
        webhook: {
          urlFrom: from("webhook", "url"),
          method: "PUT",
          headers: [
            { name: "Authorization", valueFrom: from("webhook", "header-authorization") },
            { name: "X-A", valueFrom: from("webhook", "header-x-a") },
          ],
        },
      },
      "falcosidekick-syslog": { syslog: { host: "logs.example.com", port: 514, protocol: "tcp" } },
      "falcosidekick-alertmanager": {
        alertmanager: {
          urls: ["http://a:9093"],
          path: "/api/v2/alerts",
          expiresAfter: "600s",
          labels: { team: "a" },
          headers: [{ name: "X-Token", valueFrom: from("alertmanager", "header-x-token") }],
        },
      },
    });
    assert.doesNotMatch(JSON.stringify([objects, remarks]), /secret\d/);
    const said = remarks.join("\n");
    for (const words of [
      "syslog.format: cef has no counterpart",
      "alertmanager.hostport: what is no",
      "what is no name of a label",
      "elasticsearch: there is no such sink yet",
    ])
      assert.ok(said.includes(words), `${words} in:\n${said}`);
  });
});
