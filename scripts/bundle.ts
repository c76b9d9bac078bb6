/**
 * Makes what is shipped of our TypeScript: build/bundle, with main.js, one file for each thread, and the parts that they
 * share. It runs without node_modules but for koffi, whose native part cannot be bundled.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = fileURLToPath(new URL("../../", import.meta.url));
const compiled = join(root, "build");
const out = join(compiled, "bundle");

/** Files that start a thread, found by their name. */
function threads(): string[] {
  return ["agent", "operator"]
    .filter((room) => existsSync(join(compiled, room)))
    .flatMap((room) =>
      readdirSync(join(compiled, room), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith("-thread.js"))
        .map((file) => join(compiled, room, file)),
    );
}

/**
 * All files come to lie in one folder. Threads are found there by the name they had; any other path that counts from a
 * module is made to count from where the module would be.
 */
const paths: esbuild.Plugin = {
  name: "paths",
  setup(build) {
    build.onLoad({ filter: /\/build\/(agent|operator)\/.*\.js$/ }, ({ path }) => {
      const place = JSON.stringify(`./${relative(compiled, path)}`);
      const contents = readFileSync(path, "utf8").replace(
        /new URL\((?!"\.\/)([^,()]+), import\.meta\.url\)/g,
        `new URL($1, new URL(${place}, import.meta.url))`,
      );
      return { contents, loader: "js" };
    });
  },
};

/** Modules that stand in a bundle for others, by name. */
const standIns: Readonly<Record<string, string>> = {
  // Of the Kubernetes client the operator uses the configuration alone. Its index names a thousand files of generated types.
  "@kubernetes/client-node": 'export { KubeConfig } from "@kubernetes/client-node/dist/config.js";',
  // The operator's base class asks for these when it is made. operator/kube/kube-operator.ts has replaced what came of them
  // before it can be used, and all methods that name more of the client.
  "base-class's client": `
    exports.KubeConfig = class { loadFromDefault() {} makeApiClient() {} };
    exports.CoreV1Api = class {};`,
  // What these two do for the client's configuration belongs to proxies, which operator/kube/cluster-access.ts refuses, and to
  // requests, which are ours.
  "socks-proxy-agent": "export const SocksProxyAgent = undefined;",
  "node-fetch": "export const Headers = undefined; export default undefined;",
  gaxios: "exports.instance = {};",
  // Node has had its own URL for long; this package brings tables of all characters.
  "whatwg-url":
    "export const { URL, URLSearchParams } = globalThis; export default { URL, URLSearchParams };",
};

const standInNames = /^(@kubernetes\/client-node|socks-proxy-agent|node-fetch|gaxios|whatwg-url)$/;

/** Keeps nothing of the Kubernetes client that is not used: as packages stand, all of it would be in memory. */
const lean: esbuild.Plugin = {
  name: "lean",
  setup(build) {
    build.onResolve({ filter: standInNames }, ({ path, importer }) => ({
      path: importer.includes("/@dot-i/k8s-operator/") ? "base-class's client" : path,
      namespace: "stand-in",
      sideEffects: false,
    }));
    build.onLoad({ filter: /./, namespace: "stand-in" }, ({ path }) => ({
      contents: standIns[path]!,
      resolveDir: root,
    }));
    // The package does not say so of itself, but importing its files does nothing else.
    build.onResolve({ filter: /./ }, async ({ path, pluginData, importer, resolveDir, kind, namespace }) => {
      const ofClient = resolveDir.includes("/@kubernetes/client-node/") || namespace === "stand-in";
      if (!ofClient || pluginData === lean.name) return undefined;
      const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: lean.name });
      const { path: file, external, errors, warnings } = found;
      return { path: file, external, errors, warnings, sideEffects: false };
    });
  },
};

rmSync(out, { recursive: true, force: true });
const { metafile } = await esbuild.build({
  entryPoints: [join(compiled, "agent/main.js"), ...threads()],
  outdir: join(out, "build"),
  entryNames: "[name]",
  chunkNames: "part-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  minify: true,
  keepNames: true,
  legalComments: "linked",
  external: ["koffi"],
  plugins: [paths, lean],
  metafile: true,
  logLevel: "warning",
  // Packages in the older module format ask for `require`.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
});
writeFileSync(join(out, "meta.json"), JSON.stringify(metafile));
cpSync(join(root, "package.json"), join(out, "package.json"));
cpSync(join(root, "config"), join(out, "config"), { recursive: true });
mkdirSync(join(out, "build/bpf"), { recursive: true });
for (const file of readdirSync(join(compiled, "bpf")).filter((name) => name.endsWith(".bpf.o")))
  cpSync(join(compiled, "bpf", file), join(out, "build/bpf", file));
