import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { posix } from "node:path";
import { root } from "./support/reference.ts";

/** Which room may import which (ARCHITECTURE.md). A room is the first or second folder below the root. */
const mayImport: Record<string, readonly string[]> = {
  "agent/events": [],
  "agent/capture": ["agent/events"],
  "agent/kube": [],
  "agent/filter": ["agent/rules", "agent/events", "agent/capture"],
  "agent/sources": ["agent/events", "agent/capture"],
  "agent/state": ["agent/events"],
  "agent/fields": ["agent/events", "agent/state", "agent/rules/catalogue"],
  "agent/rules": [],
  "agent/engine": ["agent/events", "agent/rules", "agent/fields", "agent/state/types"],
  "agent/sinks": ["agent/engine", "agent/rules/plan", "agent/rules/condition/glob"],
  "agent/report": ["agent/engine", "agent/kube"],
  "agent/serve": [],
  "operator/api": [],
  "operator/kube": ["agent/kube", "operator/api"],
  "operator/resources": ["operator/api", "agent/rules"],
  "operator/controllers": [
    "operator/api",
    "operator/kube",
    "operator/resources",
    "agent/kube",
    "agent/rules",
    "agent/fields",
  ],
  "operator/admission": ["operator/api", "operator/kube", "agent/kube", "agent/rules", "agent/fields"],
};

/** Packages and Node modules that only some rooms may use. */
const only: Record<string, readonly string[]> = {
  koffi: ["agent/capture/native.ts"],
  "node:fs": [
    "agent/capture",
    "agent/kube",
    "agent/state",
    "agent/sources",
    "agent/sinks",
    "agent/cli",
    "agent/main.ts",
    "agent/serve",
    "agent/report",
    "operator",
  ],
};

function sources(folder: string): string[] {
  return readdirSync(root + folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => posix.join(entry.parentPath.slice(root.length), entry.name));
}

function imports(file: string): string[] {
  const text = readFileSync(root + file, "utf8");
  return [
    ...text.matchAll(
      /^(?:import|export)\s[^"';]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|import\("([^"]+)"\)/gm,
    ),
  ].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

const room = (file: string) => file.split("/").slice(0, 2).join("/");

/** What is wrong with one import of one file, or undefined. */
export function judge(file: string, target: string): string | undefined {
  if (!target.startsWith(".")) {
    const places = only[target];
    if (places === undefined || places.some((place) => file.startsWith(place))) return undefined;
    return `${file} imports ${target}, which only ${places.join(", ")} may`;
  }
  const path = posix.join(posix.dirname(file), target);
  const from = room(file);
  const allowed = mayImport[from];
  if (room(path) === from || allowed === undefined) return undefined;
  if (allowed.some((place) => path === place || path.startsWith(`${place}/`) || path.startsWith(`${place}.`)))
    return undefined;
  return `${file} imports ${path}: ${from} may import only ${allowed.join(", ") || "nothing"}`;
}

describe("rooms", () => {
  const files = ["agent", "operator"].filter((folder) => existsSync(root + folder)).flatMap(sources);

  it("import only what they may", () => {
    const wrong = files.flatMap((file) => imports(file).map((target) => judge(file, target))).filter(Boolean);
    assert.deepEqual(wrong, []);
  });

  it("see a planted fault", () => {
    assert.match(judge("agent/rules/parser.ts", "../engine/engine.ts")!, /may import only nothing/);
    assert.match(judge("agent/rules/parser.ts", "koffi")!, /native/);
  });

  it("have no import cycle between files", () => {
    const graph = new Map<string, string[]>();
    for (const file of files)
      graph.set(
        file,
        imports(file)
          .filter((target) => target.startsWith("."))
          .map((target) => posix.join(posix.dirname(file), target)),
      );
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: string[]) => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
        return;
      }
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    assert.deepEqual(cycles, []);
  });
});
