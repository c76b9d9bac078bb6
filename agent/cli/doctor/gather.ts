/** Gathers what the doctor judges. It looks and tries, and leaves nothing changed. */
import { createServer } from "node:net";
import { hostname } from "node:os";
import { clockIsKept } from "../../capture/index.ts";
import { namedSockets } from "../../state/runtimes/sockets.ts";
import { auditListen, captureData, sourceNames } from "../agent/from-settings.ts";
import { openRuntimes } from "../agent/open-runtimes.ts";
import { RulesSource } from "../agent/reload.ts";
import { defaultSettings } from "../settings/check.ts";
import { loadSettings, type LoadedSettings } from "../settings/load.ts";
import { draw } from "../settings/mistake.ts";
import { ownPlaces } from "../settings/places.ts";
import type { Settings } from "../settings/schema.ts";
import { inPod, webServerAddress } from "../web-server.ts";
import type { Facts, PortFacts, RulesFacts, RuntimesFacts } from "./facts.ts";
import { gatherKubernetes } from "./gather-kubernetes.ts";
import { bootedAt, gatherCgroups, gatherKernel, gatherMemory, gatherProcess } from "./gather-machine.ts";

export interface DoctorArguments {
  readonly config: string | undefined;
  readonly rules: readonly string[];
  readonly overrides: readonly string[];
}

/** Gathers everything. */
export async function gather({ config, rules, overrides }: DoctorArguments): Promise<Facts> {
  const before = bootedAt();
  const places = ownPlaces(config, overrides);
  const loaded = loadSettings(places);
  const settings = loaded.settings ?? defaultSettings();
  const { ringBytes } = captureData(settings, "");
  const kernel = settings.sources.syscall.enabled ? gatherKernel(ringBytes) : undefined;
  const facts = {
    kernel,
    process: gatherProcess(),
    memory: gatherMemory(ringBytes),
    cgroups: gatherCgroups(),
    runtimes: await gatherRuntimes(settings),
    settings: {
      files: loaded.files,
      mistakes: loaded.mistakes.map(draw),
      warnings: loaded.warnings.map(draw),
    },
    rules:
      loaded.settings === undefined || settings.cluster.enabled
        ? undefined
        : await gatherRules(new RulesSource(places, rules, { ...loaded, settings }, () => {})),
    ports: await Promise.all(listeners(settings, loaded).map(tryPort)),
    ...(await gatherKubernetes(settings, process.env, hostname())),
  };
  return {
    ...facts,
    clock: {
      wall: Date.now(),
      stepped: Number(bootedAt() - before) / 1e6,
      kept: clockIsKept(),
    },
  };
}

async function gatherRules(source: RulesSource): Promise<RulesFacts> {
  try {
    const { plan, from, mistakes, warnings } = await source.load();
    return { from, rules: plan?.rules.length ?? 0, mistakes, warnings };
  } catch (error) {
    return { from: "nowhere", rules: 0, mistakes: (error as Error).message, warnings: [] };
  }
}

/** Connects to each runtime once, as the agent does. */
async function gatherRuntimes(settings: Settings): Promise<RuntimesFacts> {
  const pod = inPod(process.env);
  const runtimes = openRuntimes(settings, { tell: () => {}, pod, environment: process.env, log: () => {} });
  try {
    await runtimes.start();
    const { sockets } = settings.container_runtime;
    const { paths, wrong } = namedSockets({ sockets, environment: process.env, root: "" });
    return { sockets: runtimes.status().runtimes, wrong, named: paths.length > 0 };
  } finally {
    runtimes.close();
  }
}

type Listener = Omit<PortFacts, "error">;

function listeners(settings: Settings, { chosen }: LoadedSettings): Listener[] {
  const { webserver, sources } = settings;
  const pod = inPod(process.env);
  const set = (...paths: string[]) => paths.some((path) => chosen.has(path));
  const web = {
    name: "webserver",
    setting: "webserver.listen_port or listen_address",
    without: "health and metrics",
    address: webServerAddress(webserver, pod),
    port: webserver.listen_port,
    set: set("webserver.listen_port", "webserver.listen_address"),
  };
  const audit = {
    name: "sources.k8s_audit",
    setting: "sources.k8s_audit.listen",
    without: sources.syscall.enabled ? "audit events" : undefined,
    ...auditListen(settings, pod),
    set: set("sources.k8s_audit.listen"),
  };
  const on = sourceNames(settings).includes("k8s_audit");
  return [...(webserver.enabled ? [web] : []), ...(on ? [audit] : [])];
}

/** Listens for a moment. */
function tryPort(listener: Listener): Promise<PortFacts> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      resolve({ ...listener, error: error.code ?? error.message }),
    );
    const { address, port } = listener;
    server.listen({ ...(address !== "" && { host: address }), port, exclusive: true }, () =>
      server.close(() => resolve({ ...listener, error: undefined })),
    );
  });
}
