import assert from "node:assert/strict";
import { auditData, sourceNames } from "../../../../agent/cli/agent/from-settings.ts";
import { readListen } from "../../../../agent/cli/settings/listen.ts";
import { readSettings } from "../../../../agent/cli/settings/read.ts";

const read = (text: string) =>
  readSettings({
    main: { name: "tiercel.yaml", text: `sources: ${text}`, isFile: true },
    included: [],
    overrides: [],
    environment: {},
  });

describe("settings of the source k8s_audit", () => {
  for (const [text, want] of [
    ["{}", "syscall"],
    ["{k8s_audit: {enabled: true}}", "syscall,k8s_audit"],
    ["{k8s_audit: {enabled: on}}", "syscall,k8s_audit"],
    ["{k8s_audit: {listen: 'localhost:0'}}", "syscall,k8s_audit"],
    ["{k8s_audit: {enabled: false, listen: ':1'}}", "syscall"],
    ["{syscall: {enabled: false}, k8s_audit: {listen: '[::1]:1'}}", "k8s_audit"],
  ] as const)
    it(`${text} switches on ${want}`, () => assert.equal(sourceNames(read(text).settings!).join(), want));

  for (const [text, want] of [
    ["{syscall: {enabled: false}}", /no source is enabled/],
    ["{syscall: {enabled: no}, k8s_audit: {enabled: no, listen: ':1'}}", /no source is enabled/],
    ["{k8s_audit: {listen: 8765}}", /listen must be HOST:PORT/],
    ["{k8s_audit: {enabled: maybe}}", /enabled must be one of auto, true, false/],
    ["{k8s_audit: {tls: {key: a}}}", /make no sense without sources.k8s_audit.tls.certificate/],
    ["{k8s_audit: {tls: {client_ca: a}}}", /make no sense without/],
    ["{k8s_audit: {token_fle: a}}", /did you mean sources.k8s_audit.token_file/],
  ] as const)
    it(`${text} is a mistake`, () => {
      const { mistakes } = read(text);
      assert.equal(mistakes.length, 1);
      assert.match(mistakes[0]!.message, want);
    });

  for (const [text, want] of [
    ["127.0.0.1:8765", { address: "127.0.0.1", port: 8765 }],
    ["[::1]:0", { address: "::1", port: 0 }],
    [":65535", { address: "", port: 65_535 }],
    ["audit.example.com:80", { address: "audit.example.com", port: 80 }],
    ["8765", undefined],
    ["::1:80", undefined],
    ["a:65536", undefined],
    ["a:", undefined],
    ["a:-1", undefined],
    ["a b:1", undefined],
    ["http://a:1", undefined],
  ] as const)
    it(`${text} is ${JSON.stringify(want)}`, () => assert.deepEqual(readListen(text), want));

  it("listens on the node alone, in a pod on all addresses", () => {
    const { settings } = read("{k8s_audit: {enabled: true}}");
    const where = (pod: boolean) => {
      const { address, port } = auditData(settings!, "n", pod);
      return `${address}:${port}`;
    };
    assert.deepEqual([where(false), where(true)], ["127.0.0.1:8765", "0.0.0.0:8765"]);
  });
});
