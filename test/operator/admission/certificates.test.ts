/** Certificates: made, read, and in time made anew. Time here is a number that the test moves. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import {
  bundle,
  planCertificates,
  type Observed,
  type WantedLeaf,
} from "../../../operator/admission/certificates/plan.ts";
import { makeAuthority, makeLeaf } from "../../../operator/admission/certificates/make.ts";
import {
  authorityLife,
  isFor,
  isSignedBy,
  leafLife,
  readPair,
  type KeyPair,
} from "../../../operator/admission/certificates/x509.ts";

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const webhook: WantedLeaf = { secret: "tiercel-webhook-tls", names: ["a.b.svc", "a.b"] };
const audit: WantedLeaf = { secret: "tiercel-audit-tls", names: ["c.b.svc", "10.96.0.7", "fd00::7"] };

describe("certificates", () => {
  let authority: KeyPair;
  before(async () => {
    authority = await makeAuthority("test CA", start);
  });

  it("of servers carry their names and addresses, and are signed by the authority alone", async () => {
    const leaf = await makeLeaf(authority, audit.names, start);
    const { subjectAltName, ca, keyUsage } = new X509Certificate(leaf.certificate);
    assert.equal(subjectAltName, "DNS:c.b.svc, IP Address:10.96.0.7, IP Address:FD00:0:0:0:0:0:0:7");
    assert.deepEqual([ca, keyUsage], [false, ["1.3.6.1.5.5.7.3.1"]]);
    assert.ok(isSignedBy(leaf.certificate, authority.certificate));
    const other = await makeAuthority("test CA", start);
    assert.ok(!isSignedBy(leaf.certificate, other.certificate));
    assert.ok(new X509Certificate(authority.certificate).ca);
  });

  it("of a long name are made all the same", async () => {
    const name = `${"x".repeat(60)}.${"y".repeat(60)}.svc`;
    const { certificate } = await makeLeaf(authority, [name], start);
    assert.ok(isFor(certificate, [name]));
    assert.ok(!isFor(certificate, [name, "other"]));
  });

  it("are no pair with another's key, or where a text is broken", async () => {
    const [one, two] = [await makeLeaf(authority, ["a"], start), await makeLeaf(authority, ["a"], start)];
    assert.ok(readPair(one) !== undefined);
    assert.equal(readPair({ certificate: one.certificate, key: two.key }), undefined);
    assert.equal(readPair({ certificate: "", key: one.key }), undefined);
    assert.equal(readPair({ certificate: one.certificate, key: "x" }), undefined);
  });
});

describe("the plan for certificates", () => {
  /** Does what the plan says, as the controller does. */
  async function follow(observed: Observed, wanted: readonly WantedLeaf[]) {
    const plan = planCertificates(wanted, observed);
    const authority = plan.makeAuthority ? await makeAuthority("CA", observed.now) : observed.authority!;
    const leaves = new Map(observed.leaves);
    for (const { secret, names } of plan.make)
      leaves.set(secret, await makeLeaf(authority, names, observed.now));
    return { plan, observed: { authority, leaves, now: observed.now } };
  }

  it("makes all at first, then nothing", async () => {
    const first = await follow({ authority: undefined, leaves: new Map(), now: start }, [webhook, audit]);
    assert.deepEqual([first.plan.makeAuthority, first.plan.make], [true, [webhook, audit]]);
    const { plan } = await follow(first.observed, [webhook, audit]);
    assert.deepEqual([plan.makeAuthority, plan.make], [false, []]);
    assert.equal(plan.after, 6 * 3_600_000);
  });

  it("makes a leaf anew for other names, another authority, or a broken Secret", async () => {
    const { observed } = await follow({ authority: undefined, leaves: new Map(), now: start }, [webhook]);
    const changed = { ...webhook, names: ["new.b.svc"] };
    assert.deepEqual(planCertificates([changed], observed).make, [changed]);
    const other = { ...observed, authority: await makeAuthority("CA", start) };
    assert.deepEqual(planCertificates([webhook], other).make, [webhook]);
    const broken = new Map([[webhook.secret, { certificate: "", key: "" }]]);
    assert.deepEqual(planCertificates([webhook], { ...observed, leaves: broken }).make, [webhook]);
    const keyless = { ...observed, authority: { certificate: observed.authority.certificate, key: "" } };
    assert.equal(planCertificates([webhook], keyless).makeAuthority, true);
  });

  it("over eleven years renews each leaf in time, the authority once, and never lets one end", async () => {
    let { observed } = await follow({ authority: undefined, leaves: new Map(), now: start }, [webhook]);
    let authorities = 0;
    let leaves = 0;
    const end = start + 11 * 365 * day;
    while (observed.now < end) {
      // A controller looks at least so often; here it sleeps as long as it may.
      const now = observed.now + 10 * day;
      const before = { ...observed, now };
      assert.ok(readPair(before.leaves.get(webhook.secret)!)!.notAfter > now, "a leaf ended");
      assert.ok(readPair(before.authority)!.notAfter > now, "the authority ended");
      const next = await follow(before, [webhook]);
      authorities += Number(next.plan.makeAuthority);
      leaves += next.plan.make.length;
      observed = next.observed;
    }
    assert.equal(authorities, 1);
    const least = (11 * 365 * day) / leafLife;
    assert.ok(leaves >= least && leaves < least * 2, `${leaves} leaves`);
    assert.equal(authorityLife, 3650 * day);
  });

  it("looks again just when a leaf is due", async () => {
    const { observed } = await follow({ authority: undefined, leaves: new Map(), now: start }, [webhook]);
    const now = start + leafLife - leafLife / 3 - 3_600_000;
    const plan = planCertificates([webhook], { ...observed, now });
    assert.deepEqual([plan.make, plan.after], [[], 3_600_000]);
    assert.equal(planCertificates([webhook], { ...observed, now: now + plan.after + 1000 }).make.length, 1);
  });

  it("keeps older authorities that are valid in the bundle, newest first", async () => {
    const [one, two] = [await makeAuthority("CA", start), await makeAuthority("CA", start)];
    const both = bundle(two.certificate, one.certificate, () => true);
    assert.equal(both.match(/BEGIN/g)?.length, 2);
    assert.ok(both.startsWith(two.certificate.trimEnd()));
    assert.equal(
      bundle(two.certificate, one.certificate, () => false),
      two.certificate,
    );
    assert.equal(
      bundle(one.certificate, undefined, () => true),
      one.certificate,
    );
    assert.equal(bundle(one.certificate, both + both + both, () => true).match(/BEGIN/g)?.length, 3);
  });
});
