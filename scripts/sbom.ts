/** Prints a bill of materials (CycloneDX 1.5, JSON) of the image: what of Debian, Node and npm is in it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("../../", import.meta.url));
const text = { type: "string" } as const;
const { values } = parseArgs({
  options: { metafile: text, debian: text, node: text, arch: text },
});

interface Component {
  readonly type: "library" | "application";
  readonly name: string;
  readonly version: string;
  /** Package URL: https://github.com/package-url/purl-spec */
  readonly purl: string;
  readonly licenses?: readonly { readonly license: { readonly name: string } }[];
}

interface PackageFile {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

const packageFile = (folder: string) =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as PackageFile;

function npmComponent({ name, version, license }: PackageFile): Component {
  return {
    type: "library",
    name,
    version,
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    ...(license === undefined ? {} : { licenses: [{ license: { name: license } }] }),
  };
}

/** Packages that some part of the bundle came from. */
function bundled(metafile: string): Component[] {
  const { inputs } = JSON.parse(readFileSync(metafile, "utf8")) as { inputs: Record<string, unknown> };
  const folders = Object.keys(inputs).flatMap((input) => {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    return found === null ? [] : [found[1]!];
  });
  return [...new Set(folders)].map((folder) => npmComponent(packageFile(folder)));
}

function debian(file: string): Component[] {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.map((line) => {
    const [name = "", version = ""] = line.split("\t");
    const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${values.arch}`;
    return { type: "library", name, version, purl };
  });
}

const components: Component[] = [
  ...debian(values.debian!),
  ...bundled(values.metafile!),
  npmComponent(packageFile("node_modules/koffi")),
  {
    type: "application",
    name: "node",
    version: values.node!,
    purl: `pkg:generic/node@${values.node}`,
    licenses: [{ license: { name: "MIT" } }],
  },
];
const own = packageFile(".");
console.log(
  JSON.stringify(
    {
      bomFormat: "CycloneDX",
      specVersion: "1.5",
      version: 1,
      metadata: { component: { type: "application", name: own.name, version: own.version } },
      components: components.sort((left, right) => (left.purl < right.purl ? -1 : 1)),
    },
    undefined,
    1,
  ),
);
