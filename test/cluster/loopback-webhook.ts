/**
 * The chart's admission webhook where the operator is a process on loopback. Endpoints of a Service may not be loopback, the
 * name of an external one may: it is `localhost`, asked under the Service's own name, so the operator's certificate fits.
 */
import type { Manifest } from "./chart.ts";

/** Flags of an API server that is to find it: names of external Services count only without routing to endpoints. */
export const loopbackWebhookFlags: readonly string[] = ["--enable-aggregator-routing=false"];

interface Configured extends Manifest {
  readonly webhooks: readonly {
    readonly clientConfig: { readonly service: { readonly name: string; readonly port: number } };
  }[];
}

const isConfiguration = (manifest: Manifest): manifest is Configured =>
  manifest.kind === "ValidatingWebhookConfiguration";

/** The chart's objects, of which the webhook's Service leads to this port of loopback. All else is as it was. */
export function webhookOnLoopback(manifests: readonly Manifest[], port: number): Manifest[] {
  const services = manifests
    .filter(isConfiguration)
    .flatMap(({ webhooks }) => webhooks.map(({ clientConfig }) => clientConfig.service.name));
  return manifests.map((manifest) => {
    if (isConfiguration(manifest)) {
      const webhooks = manifest.webhooks.map((webhook) => ({
        ...webhook,
        clientConfig: { service: { ...webhook.clientConfig.service, port } },
      }));
      return { ...manifest, webhooks };
    }
    if (manifest.kind !== "Service" || !services.includes(manifest.metadata.name)) return manifest;
    const spec = {
      type: "ExternalName",
      externalName: "localhost",
      ports: [{ name: "webhook", port, protocol: "TCP" }],
    };
    return { ...manifest, spec };
  });
}
