import assert from "node:assert/strict";
import { posix } from "node:path";
import { isIP } from "node:net";
import fc from "fast-check";
import {
  addressText,
  parseAddress,
  parseSocketAddress,
  socketAddressBytes,
  unixPath,
} from "../../../agent/events/addresses.ts";
import { capabilityNames } from "../../../agent/events/capabilities.ts";
import { absolutePath, folderOf, lastPart, normalise, pathBelow } from "../../../agent/events/path-text.ts";
import { printable } from "../../../agent/events/render.ts";

describe("path texts", () => {
  const cases: [path: string, want: string][] = [
    ["/", "/"],
    ["//", "/"],
    ["/a", "/a"],
    ["/a/", "/a"],
    ["/a//b", "/a/b"],
    ["/a/./b", "/a/b"],
    ["/a/../b", "/b"],
    ["/..", "/"],
    ["/../../x", "/x"],
    ["/a/...", "/a/..."],
    ["/.a/..b", "/.a/..b"],
    ["/a/.", "/a"],
    ["/a/b/..", "/a"],
  ];
  for (const [path, want] of cases) it(`${path} is ${want}`, () => assert.equal(normalise(path), want));

  it("are normalised as node does it, whatever they are", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("/", "a", ".", "..", "b c", "\xff"), { maxLength: 12 }),
        (pieces) => {
          const path = `/${pieces.join("")}`;
          const want = posix.normalize(path);
          assert.equal(normalise(path), want.length > 1 && want.endsWith("/") ? want.slice(0, -1) : want);
        },
      ),
      { numRuns: 500 },
    );
  });
  it("start from their folder", () => {
    assert.equal(absolutePath("/a/b", "../c"), "/a/c");
    assert.equal(absolutePath("/", "x"), "/x");
    assert.equal(absolutePath("/a", "/x/"), "/x");
    assert.equal(absolutePath(undefined, "x"), "x");
    assert.equal(absolutePath("", "../x"), "../x");
    assert.equal(absolutePath("/a", ""), "/a");
  });
  it("never leave the root they are resolved in", () => {
    assert.equal(pathBelow("/srv", "/etc/x"), "/srv/etc/x");
    assert.equal(pathBelow("/srv", "../../etc"), "/srv/etc");
    assert.equal(pathBelow("/srv", "/"), "/srv");
    assert.equal(pathBelow("/", "../x"), "/x");
  });
  it("have a folder and a last part", () => {
    assert.equal(folderOf("/etc/passwd"), "/etc");
    assert.equal(folderOf("/etc"), "/");
    assert.equal(folderOf("x"), "/");
    assert.equal(lastPart("/etc/passwd"), "passwd");
    assert.equal(lastPart("x"), "x");
  });
});

describe("addresses", () => {
  it("are written shortest and read back", () => {
    for (const text of [
      "1.2.3.4",
      "::",
      "::1",
      "2001:db8::1",
      "fe80::1:0:0:2",
      "1::2:3:0:0:4",
      "1:2:3:4:5:6:7:8",
      "1:0:2::3",
      "ff02::",
    ])
      assert.equal(addressText(parseAddress(text)!), text);
  });
  it("are valid whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (random) => {
        const bytes = String.fromCharCode(...random);
        const text = addressText(bytes);
        assert.equal(isIP(text), 6);
        assert.equal(parseAddress(text), bytes);
        assert.equal(parseAddress(addressText(bytes.slice(0, 4))), bytes.slice(0, 4));
      }),
    );
  });
  for (const text of [
    "1.2.3",
    "1.2.3.256",
    "1::2::3",
    "12345::",
    ":::",
    "1:2:3:4:5:6:7:8:9",
    "g::",
    "1:2:3:4:5:6:7::8",
  ])
    it(`${text} is none`, () => assert.equal(parseAddress(text), undefined));
  it("come out of a struct sockaddr", () => {
    for (const given of [
      { family: 2, address: parseAddress("10.0.0.1"), port: 8080, path: undefined },
      { family: 10, address: parseAddress("fd00::1"), port: 53, path: undefined },
      { family: 1, address: undefined, port: 0, path: "/run/x" },
      { family: 1, address: undefined, port: 0, path: "@abstract" },
    ])
      assert.deepEqual(parseSocketAddress(socketAddressBytes(given)), given);
    assert.equal(parseSocketAddress(""), undefined);
    assert.equal(parseSocketAddress("\x02\0\x01"), undefined);
    assert.equal(parseSocketAddress("\x11\0")?.address, undefined);
    assert.equal(unixPath("\0"), "");
  });
});

describe("small texts", () => {
  it("capabilities are in the order of their bits", () => {
    assert.deepEqual(capabilityNames(0x200001n), ["CAP_CHOWN", "CAP_SYS_ADMIN"]);
    assert.equal(capabilityNames(0xffffffffffffffffn).length, 41);
  });
  it("bytes that are no printable ASCII show as points", () =>
    assert.equal(printable("a\0\xff~\n"), "a..~."));
});
