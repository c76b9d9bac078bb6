import assert from "node:assert/strict";
import { imageFacts, isImageId, qualified } from "../../../../agent/state/runtimes/image-name.ts";

const hex = "ab".repeat(32);
const sha = `sha256:${hex}`;
const other = `sha256:${"cd".repeat(32)}`;

describe("names of images", () => {
  const taken: readonly (readonly [name: string, repository: string, tag: string, digest: string])[] = [
    ["nginx", "nginx", "latest", ""],
    ["nginx:1.25", "nginx", "1.25", ""],
    ["docker.io/library/nginx:1.25", "docker.io/library/nginx", "1.25", ""],
    ["localhost:5000/team/app:v1", "localhost:5000/team/app", "v1", ""],
    ["localhost:5000/app", "localhost:5000/app", "latest", ""],
    ["registry.example.com:443/a/b/c", "registry.example.com:443/a/b/c", "latest", ""],
    [`quay.io/a/b@${sha}`, "quay.io/a/b", "", sha],
    [`quay.io:443/a/b:1.0@${sha}`, "quay.io:443/a/b", "1.0", sha],
    ["", "", "", ""],
    // no digest of any form: only the name counts
    ["quay.io/a/b@nonsense", "quay.io/a/b", "latest", ""],
    ["localhost/made:here", "localhost/made", "here", ""],
  ];
  for (const [name, repository, tag, digest] of taken)
    it(`${JSON.stringify(name)} is ${repository} ${tag} ${digest}`, () => {
      assert.deepEqual(imageFacts([name]), {
        image: name,
        imageRepository: repository,
        imageTag: tag,
        imageDigest: digest,
      });
    });

  it("ids are no names: the next that is one counts (reports R36)", () => {
    assert.deepEqual(imageFacts([sha, hex, "", `docker.io/library/app@${other}`]), {
      image: `docker.io/library/app@${other}`,
      imageRepository: "docker.io/library/app",
      imageTag: "",
      imageDigest: other,
    });
    assert.equal(isImageId(sha), true);
    assert.equal(isImageId(`app@${sha}`), false);
    assert.equal(imageFacts([sha]).image, "");
  });

  it("take the digest of the same repository, else any", () => {
    const digests = [`quay.io/x@${sha}`, `docker.io/library/app@${other}`];
    assert.equal(imageFacts(["docker.io/library/app:1"], digests).imageDigest, other);
    assert.equal(imageFacts(["docker.io/library/else:1"], digests).imageDigest, sha);
    assert.equal(imageFacts(["docker.io/library/else:1"], ["", other]).imageDigest, other);
  });

  const named: readonly (readonly [from: string, to: string])[] = [
    ["nginx", "docker.io/library/nginx"],
    ["nginx:1", "docker.io/library/nginx:1"],
    ["bitnami/redis:7", "docker.io/bitnami/redis:7"],
    ["index.docker.io/library/nginx", "docker.io/library/nginx"],
    ["quay.io/a", "quay.io/a"],
    ["localhost/a", "localhost/a"],
    ["host:5000/a", "host:5000/a"],
    ["Host/a", "Host/a"],
    ["", ""],
  ];
  for (const [from, to] of named)
    it(`${JSON.stringify(from)} is ${JSON.stringify(to)} in Kubernetes`, () => {
      assert.equal(qualified(from), to);
    });
});
