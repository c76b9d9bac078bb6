/** What an AlertSink's credentials look like now: they may still come, so that it is said and refuses nothing. */
import type { AlertSinkSpec } from "../../api/generated/alertsinks.ts";
import { credentialProblems } from "./judge.ts";
import { SecretValuesCache } from "./secret-values.ts";
import type { ClusterClient } from "../../kube/cluster-client.ts";
import { referencesIn } from "../../resources/sinks.ts";

export interface CredentialReview {
  readonly client: Pick<ClusterClient, "get">;
  readonly operatorNamespace: string;
  /** Whether the operator may read Secrets of other namespaces. */
  readonly teamSecrets: boolean;
}

/** Milliseconds for all Secrets of a sink: the API server waits two seconds for our answer. */
const patience = 1000;

/** One line for each credential that is not there or cannot be used; empty too where that could not be found out now. */
export async function credentialWarnings(
  namespace: string,
  spec: AlertSinkSpec,
  { client, operatorNamespace, teamSecrets }: CredentialReview,
): Promise<readonly string[]> {
  const references = referencesIn(spec);
  const [first] = references;
  if (first === undefined) return [];
  if (namespace !== operatorNamespace && !teamSecrets)
    return [
      `spec.${first.path}: the operator may not read Secrets of other namespaces here (setting operator.team_secrets)`,
    ];
  const wanted = new Map<string, Set<string>>();
  for (const { secret, key } of references) {
    const id = `${namespace}/${secret}`;
    wanted.set(id, (wanted.get(id) ?? new Set()).add(key));
  }
  const values = new SecretValuesCache(client);
  try {
    await values.update(wanted, () => "now", AbortSignal.timeout(patience));
  } catch {
    return [];
  }
  return credentialProblems({ namespace, spec }, { secrets: (id) => values.get(id) });
}
