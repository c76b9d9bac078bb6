/** Whatever a container or an author puts into an alert, objects stay within their bounds and terminals obey nothing. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { groupId, matchOf, objectName, placeOf } from "../../../agent/report/match.ts";
import { camelCase, cut, cutBytes, microTime, slug } from "../../../agent/report/text.ts";
import { sampleAlert } from "../sinks/sample.ts";
import { hostAlert, podAlert } from "./sample.ts";

describe("texts of reports", () => {
  it("are cut at bytes, never within a character, and say so", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 600 }),
        fc.integer({ min: 20, max: 900 }),
        (text, bytes) => {
          const short = cutBytes(text, bytes);
          assert.ok(Buffer.byteLength(short) <= bytes);
          if (Buffer.byteLength(text) <= bytes) assert.equal(short, text);
          else assert.ok(short.endsWith("…[cut]") && !short.includes("\ufffd".repeat(2)), short);
        },
      ),
    );
    assert.equal(cutBytes("ö".repeat(600), 1024).slice(0, 3), "ööö");
  });

  it("are cut at characters, never within a pair of surrogates", () => {
    assert.equal(cut("abc", 3), "abc");
    assert.equal(cut(`${"a".repeat(6)}😀😀😀😀`, 13), "aaaaaa…[cut]");
    assert.equal(cut("a".repeat(20), 10), "aaaa…[cut]");
  });

  it("become names, and reasons of Events", () => {
    const cases = [
      ["Terminal shell in container", "terminal-shell-in-container", "TerminalShellInContainer"],
      ["  Détecté: /etc/passwd (R50)!", "d-tect-etc-passwd-r50", "DTectEtcPasswdR50"],
      ["\u001b[31m\n", "31m", "31m"],
      ["日本", "rule", "Rule"],
      ["", "rule", "Rule"],
    ] as const;
    for (const [rule, name, reason] of cases)
      assert.deepEqual([slug(rule, 52), camelCase(rule, 128)], [name, reason]);
    assert.equal(slug("a ".repeat(100_000), 52).length, 51);
    assert.equal(camelCase("word ".repeat(100), 128).length, 128);
  });

  it("have times of exactly six decimals, which sort", () => {
    assert.equal(microTime(1_700_000_000_000_001_999n), "2023-11-14T22:13:20.000001Z");
    assert.equal(microTime(1_700_000_000_999_999_999n), "2023-11-14T22:13:20.999999Z");
  });
});

describe("a match of a report", () => {
  it("is of the pod, or of nobody where the names are none", () => {
    const of = (namespace: string, pod: string, podUid: string) =>
      placeOf(podAlert("", "", { subject: { namespace, pod, podUid, container: "", image: "" } }));
    assert.deepEqual(of("shop", "web-0", "u-1"), { namespace: "shop", pod: "web-0", podUid: "u-1" });
    assert.deepEqual(of("shop", "", ""), { namespace: "shop", pod: "", podUid: "" });
    const nobody = { namespace: "", pod: "", podUid: "" };
    for (const namespace of ["", "..", "a/../b", "Shop", "a%2f", "x".repeat(64), "sh\nop"])
      assert.deepEqual(of(namespace, "web-0", "u-1"), nobody, namespace);
    assert.deepEqual(of("shop", "a/b", "u-1"), { ...nobody, namespace: "shop" });
    assert.deepEqual(of("shop", "web-0", "../x"), { namespace: "shop", pod: "web-0", podUid: "" });
    assert.deepEqual(placeOf(sampleAlert()), nobody);
  });

  it("says nothing that a terminal obeys, and is bounded", () => {
    const hostile = "\u001b]0;x\u0007\n\u009b31m\u202e".repeat(8192);
    const match = matchOf(
      podAlert("web-0", "/f", {
        rule: hostile,
        message: hostile,
        tags: Array.from({ length: 100 }, (_, index) => `${index}${hostile}`),
        subject: { namespace: "shop", pod: "web-0", podUid: "u", container: hostile, image: hostile },
        fields: [
          ["proc.name", hostile],
          ["big", 18_446_744_073_709_551_615n],
          ["evt.time", 1_700_000_000_123_456_789n],
          ["small", 7n],
          ["nan", NaN],
          ["none", null],
          ["list", ["a", 1, true, 2n ** 63n]],
          ...Array.from({ length: 100 }, (_, index) => [`f${index}`, "x".repeat(1000)] as const),
        ],
      }),
    );
    for (const text of [match.rule, match.output, match.container, match.image])
      assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    assert.deepEqual(
      [match.rule, match.output, match.container, match.image].map(({ length }) => length),
      [253, 4096, 253, 1024],
    );
    assert.deepEqual([match.tags.length, match.tags[0]!.length], [64, 64]);
    const { fields } = match;
    assert.equal((fields["proc.name"] as string).length, 1024);
    assert.deepEqual(
      [fields["big"], fields["evt.time"], fields["small"], fields["nan"]],
      ["18446744073709551615", "1700000000123456789", 7, "NaN"],
    );
    assert.deepEqual(fields["list"], ["a", 1, true, "9223372036854775808"]);
    assert.equal("none" in fields, false);
    assert.ok(JSON.stringify(fields).length < 17_000);
  });

  it("is grouped by rule, pod or node, container, program, and file or peer", () => {
    const one = groupId(podAlert("web-0", "/f"), "node-1");
    assert.equal(groupId(podAlert("web-0", "/f", { time: 1n, message: "other" }), "node-1"), one);
    assert.equal(groupId(podAlert("web-0", "/f"), "node-2"), one);
    const others = [
      podAlert("web-1", "/f"),
      podAlert("web-0", "/g"),
      podAlert("web-0", "/f", {
        identity: { namespace: "shop", object: "shells", rule: "Terminal shell in container" },
      }),
      podAlert("web-0", "/f", {
        group: { pod: "uid-of-web-0", container: "c0ffee", exePath: "/bin/zsh", object: "/f" },
      }),
    ].map((alert) => groupId(alert, "node-1"));
    assert.equal(new Set([one, ...others]).size, 5);
    assert.notEqual(groupId(hostAlert("/f"), "node-1"), groupId(hostAlert("/f"), "node-2"));
  });

  it("has a name that is the same each time, and another after a closed one", () => {
    const id = groupId(podAlert("web-0", "/f"), "node-1");
    const name = objectName("Terminal shell in container", id);
    assert.match(name, /^terminal-shell-in-container-[0-9a-f]{10}$/);
    assert.equal(objectName("Terminal shell in container", id), name);
    assert.notEqual(objectName("Terminal shell in container", id, "uid-1"), name);
    assert.ok(objectName("x".repeat(500), id).length <= 63);
  });
});
