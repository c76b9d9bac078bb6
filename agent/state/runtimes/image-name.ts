/** Names of images, taken apart. Pure. */
import type { ByteString } from "../byte-string.ts";

/** The fields of ContainerFacts that say which image a container was made from. */
export interface ImageFacts {
  readonly image: ByteString;
  readonly imageRepository: ByteString;
  readonly imageTag: ByteString;
  readonly imageDigest: ByteString;
}

const digestForm = /^[A-Za-z0-9]+(?:[.+_-][A-Za-z0-9]+)*:[0-9a-fA-F]{32,}$/;

/** Whether this is an image's id and no name: runtimes give it where a name is asked for. */
export function isImageId(text: ByteString): boolean {
  return /^(?:sha256:)?[0-9a-f]{64}$/.test(text);
}

/** Repository, tag and digest of REPOSITORY[:TAG][@DIGEST]; a colon before a slash belongs to a registry's port. */
function takeApart(name: ByteString): { repository: ByteString; tag: ByteString; digest: ByteString } {
  const at = name.indexOf("@");
  const after = at < 0 ? "" : name.slice(at + 1);
  const named = at < 0 ? name : name.slice(0, at);
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  return {
    repository: colon < 0 ? named : named.slice(0, colon),
    tag: colon < 0 ? "" : named.slice(colon + 1),
    digest: digestForm.test(after) ? after : "",
  };
}

/**
 * A name as container runtimes of Kubernetes write it: `nginx` is `docker.io/library/nginx`. Those names are what rules
 * compare with.
 */
export function qualified(name: ByteString): ByteString {
  if (name === "") return name;
  const [first] = name.split("/", 1);
  const hasRegistry = name.includes("/") && (/[.:A-Z]/.test(first!) || first === "localhost");
  if (hasRegistry) return name.replace(/^index\.docker\.io\//, "docker.io/");
  return name.includes("/") ? `docker.io/${name}` : `docker.io/library/${name}`;
}

/**
 * What an image is called.
 *
 * @param names as it was asked for, best first; ids and empty ones are passed over. A name without tag and digest is
 *   that of `latest`.
 * @param digests names or digests that hold the registry's digest; the first of the same repository counts, else the
 *   first. The name's own goes before.
 */
export function imageFacts(names: readonly ByteString[], digests: readonly ByteString[] = []): ImageFacts {
  const image = names.find((name) => name !== "" && !isImageId(name)) ?? "";
  const { repository, tag, digest } = takeApart(image);
  const known = digests
    .map((entry) => takeApart(entry.includes("@") ? entry : `@${entry}`))
    .filter((entry) => entry.digest !== "");
  const fitting = known.find((entry) => entry.repository === repository) ?? known[0];
  return {
    image,
    imageRepository: repository,
    imageTag: tag === "" && digest === "" && image !== "" ? "latest" : tag,
    imageDigest: digest !== "" ? digest : (fitting?.digest ?? ""),
  };
}
