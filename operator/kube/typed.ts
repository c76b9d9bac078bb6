/** client-node's typed requests over our one kept connection, with its time limits and its faults. */
import {
  createConfiguration,
  ResponseContext,
  ServerConfiguration,
  wrapHttpLibrary,
  type ApiConstructor,
  type ApiType,
  type RequestContext,
} from "@kubernetes/client-node";
import type { ApiRequest, KubeClient } from "../../agent/kube/client.ts";

/** Stands for the server: only path and query of a typed request count. */
const nowhere = "https://kubernetes.invalid";

/** Rejects with ApiFault, as all of our requests do, and never with client-node's ApiException. */
async function send(client: KubeClient, context: RequestContext): Promise<ResponseContext> {
  const { pathname, searchParams } = new URL(context.getUrl());
  const body = context.getBody();
  const headers = Object.entries(context.getHeaders());
  const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "application/json";
  const request: ApiRequest = {
    method: context.getHttpMethod() as NonNullable<ApiRequest["method"]>,
    path: pathname,
    query: Object.fromEntries(searchParams),
    ...(typeof body === "string" && { body: { type, text: body } }),
  };
  const text = JSON.stringify(await client.ask(request, context.getSignal()));
  return new ResponseContext(
    200,
    { "content-type": "application/json" },
    { text: async () => text, binary: async () => Buffer.from(text) },
  );
}

/** A typed client: `typed(AppsV1Api, client)`. */
export function typed<T extends ApiType>(api: ApiConstructor<T>, client: KubeClient): T {
  return new api(
    createConfiguration({
      baseServer: new ServerConfiguration(nowhere, {}),
      httpApi: wrapHttpLibrary({ send: (context) => send(client, context) }),
      authMethods: { default: { getName: () => "kept connection", applySecurityAuthentication: () => {} } },
    }),
  );
}
