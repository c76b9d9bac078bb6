/** Whose events were lost, and how that is said. */
import type { Container } from "../../state/types.ts";

/** A container, or a cgroup of the host. Texts are Unicode and not escaped; "" where unknown. */
export interface LossOwner {
  /** Whole id of the container; "host"; "" where the cgroup's path is unknown. */
  readonly container: string;
  readonly cgroup: string;
  readonly name: string;
  readonly image: string;
  readonly namespace: string;
  readonly pod: string;
}

/** What one owner lost, and what it asked of the ring: running totals. */
export interface OwnerLoss extends LossOwner {
  readonly drops: readonly { readonly cause: string; readonly event: string; readonly count: number }[];
  /** Bytes that it wanted to put into the ring while that was filling. */
  readonly demand: number;
}

/** Losses by owner, and how many events of other owners were lost. */
export interface Losses {
  readonly owners: readonly OwnerLoss[];
  readonly others: number;
}

const unicode = (bytes: string) => Buffer.from(bytes, "latin1").toString("utf8");

/** As `container.id` has it. */
export const shortId = (id: string) => id.slice(0, 12);

/** The owner of a cgroup's events. @param cgroup path of a cgroup of the host, or of the container's. */
export function lossOwner({ id, facts, pod }: Container, cgroup: string): LossOwner {
  const sandbox = facts?.pod;
  return {
    container: id,
    cgroup: unicode(cgroup),
    name: unicode(facts?.name ?? ""),
    image: unicode(facts?.image ?? ""),
    namespace: unicode(pod?.namespace ?? sandbox?.namespace ?? ""),
    pod: unicode(pod?.name ?? sandbox?.name ?? ""),
  };
}

/** The owner in a sentence: `container web (id 0123456789ab, image nginx:1, pod shop/web-1)`. */
export function ownerText({ container, cgroup, name, image, namespace, pod }: LossOwner): string {
  if (container === "host") return `the host's cgroup ${cgroup === "" ? "(gone)" : cgroup}`;
  if (container === "") return "a cgroup that is gone";
  const facts = [
    ...(name === "" ? [] : [`id ${shortId(container)}`]),
    ...(image === "" ? [] : [`image ${image}`]),
    ...(pod === "" ? [] : [`pod ${namespace}/${pod}`]),
    ...(name === "" && image === "" && pod === "" ? [`cgroup ${cgroup}`] : []),
  ];
  return `container ${name === "" ? shortId(container) : name} (${facts.join(", ")})`;
}

/** All that an owner lost. */
export const lossOf = ({ drops }: Pick<OwnerLoss, "drops">): number =>
  drops.reduce((sum, { count }) => sum + count, 0);
