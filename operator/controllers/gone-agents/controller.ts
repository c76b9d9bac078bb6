/** Deletes NodeAgents whose node, or whose pod where they read audit events, is gone: nobody writes them any more. */
import type { NodeAgent } from "../../api/generated/nodeagents.ts";
import { isConflict } from "../../kube/cluster-client.ts";
import type { Context } from "../../kube/context.ts";
import { watch, type Controller } from "../../kube/controller.ts";
import type { KubeObject } from "../../kube/object.ts";
import { resources } from "../../kube/resources.ts";

interface AgentPlace {
  readonly uid: string;
  readonly node: string;
  /** Of an audit agent; "" for a node's. */
  readonly pod: string;
}

/** Audit agents are called `audit-` and their pod's name. */
const AUDIT = "audit-";

function projectPlace(raw: KubeObject): AgentPlace {
  const { metadata, spec } = raw as unknown as NodeAgent;
  return {
    uid: metadata.uid ?? "",
    node: spec.node,
    pod: spec.role === "audit" ? metadata.name.slice(AUDIT.length) : "",
  };
}

/** Only that it is there. */
const projectName = ({ metadata }: KubeObject) => metadata.name;

/** A node or pod that was there a moment ago may be made anew under the same name: ms. */
const GRACE = 30_000;

export function goneAgentsController({
  client,
  informers,
  namespace,
  name,
  clock,
  log,
}: Context): Controller {
  const { nodeAgents, nodes, pods } = resources;
  const agents = informers.open({ resource: nodeAgents, project: projectPlace, limit: 10 });
  const allNodes = informers.open({ resource: nodes, project: projectName, limit: 50 });
  const auditPods = informers.open({
    resource: pods,
    namespace,
    labelSelector: `app.kubernetes.io/instance=${name},app.kubernetes.io/component=audit`,
    project: projectName,
    limit: 50,
  });
  const isGone = ({ node, pod }: AgentPlace) =>
    pod === "" ? allNodes.get(node) === undefined : auditPods.get(`${namespace}/${pod}`) === undefined;
  /** Agents without a place, since when: ms. */
  const since = new Map<string, number>();
  return {
    name: "gone-agents",
    watches: [
      watch(agents),
      // A node's agent has its name.
      watch(allNodes, ({ key, after }) => (after === undefined ? [key] : [])),
      watch(auditPods, ({ before, after }) => (after === undefined ? [`${AUDIT}${before!}`] : [])),
    ],
    async reconcile(key, signal) {
      const agent = agents.get(key);
      if (agent === undefined || !isGone(agent)) {
        since.delete(key);
        return undefined;
      }
      const now = clock.now();
      const first = since.get(key) ?? now;
      since.set(key, first);
      if (now - first < GRACE) return { after: GRACE - (now - first) };
      since.delete(key);
      const { uid } = agent;
      const place = agent.pod === "" ? `node ${agent.node}` : `pod ${agent.pod}`;
      try {
        if (await client.delete({ resource: nodeAgents, name: key }, { uid }, signal))
          log("info", `NodeAgent ${key} was deleted: ${place} is gone`);
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
      return undefined;
    },
  };
}
