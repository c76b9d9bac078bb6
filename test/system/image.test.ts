import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../support/reference.ts";
import { unmet } from "../support/requirements.ts";
import { mustRun, run } from "./support/commands.ts";

interface Descriptor {
  readonly digest: string;
}

describe("the image", function () {
  this.timeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), "tiercel-image-"));
  const files = join(folder, "files");
  let said = "";
  let config: { config: Record<string, unknown>; architecture: string };

  /** What `make image` prints. */
  async function build(): Promise<string> {
    return (await mustRun("make", ["--no-print-directory", "image"], { cwd: root })).stdout;
  }

  const blob = (layout: string, { digest }: Descriptor) =>
    readFileSync(join(layout, "blobs", digest.replace(":", "/")), "utf8");

  before(async function () {
    if (process.getuid?.() !== 0) unmet(this, "tool", "mmdebstrap and buildah need root here");
    if (!existsSync("/usr/bin/apt-get")) unmet(this, "tool", "mmdebstrap takes Debian's packages by apt");
    said = await build();
    const layout = join(folder, "oci");
    for (const each of [layout, files]) mkdirSync(each);
    await mustRun("tar", ["-xf", join(root, said.split("\n")[0]!), "-C", layout]);
    const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as { manifests: [Descriptor] };
    const manifest = JSON.parse(blob(layout, index.manifests[0])) as {
      config: Descriptor;
      layers: Descriptor[];
    };
    assert.equal(manifest.layers.length, 1);
    config = JSON.parse(blob(layout, manifest.config)) as typeof config;
    const layer = join(layout, "blobs", manifest.layers[0]!.digest.replace(":", "/"));
    await mustRun("tar", ["-xzf", layer, "-C", files]);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is below 100 MB compressed", () => {
    const size = Number(/, (\d+) MB compressed/.exec(said)?.[1]);
    assert.ok(size > 30 && size < 100, said);
  });

  it("has the same digest when it is built again", async () => {
    assert.equal(await build(), said);
  });

  it("runs as a user without rights unless a pod says otherwise", () => {
    assert.equal(config.config["User"], "65532:65532");
    assert.deepEqual((config.config["Entrypoint"] as string[])[0], "/usr/bin/node");
    const labels = config.config["Labels"] as Record<string, string>;
    assert.equal(labels["org.opencontainers.image.version"], "0.1.0");
  });

  it("has no shell and no package manager", async () => {
    const { stdout } = await mustRun("find", [files, "-type", "f", "-perm", "/111", "-printf", "%P\n"]);
    const programs = stdout
      .trim()
      .split("\n")
      .filter((path) => !path.includes(".so") && !path.endsWith(".node"));
    assert.deepEqual(
      programs.filter((path) => !path.startsWith("lib/")),
      ["usr/bin/node"],
    );
  });

  it("says what is in it", () => {
    const text = readFileSync(join(files, "app/sbom.cdx.json"), "utf8");
    const { components } = JSON.parse(text) as { components: { name: string; version: string }[] };
    const names = components.map(({ name }) => name);
    for (const name of ["node", "libc6", "libbpf1", "koffi", "yaml", "ajv", "re2js", "prom-client"])
      assert.ok(names.includes(name), `${name} is missing in ${names.join(", ")}`);
    assert.ok(components.every(({ version }) => version !== ""));
  });

  it("runs on its own files alone", async () => {
    const inImage = (...args: string[]) =>
      run("chroot", ["--userspec=65532:65532", files, ...(config.config["Entrypoint"] as string[]), ...args]);
    assert.match((await inImage("version")).stdout, /^tiercel 0\.1\.0 \(Node\.js v24\./);
    assert.deepEqual(
      await inImage("validate", "/app/config/rules").then(({ code, stderr }) => [code, stderr]),
      [0, ""],
    );
  });
});
