import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSettings, systemSettingsFile } from "../../../../agent/cli/settings/load.ts";
import { draw } from "../../../../agent/cli/settings/mistake.ts";
import { root } from "../../../support/reference.ts";
import { unmet } from "../../../support/requirements.ts";

describe("settings files", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tiercel-settings-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, text: string) => {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const load = (config?: string, ...overrides: string[]) =>
    loadSettings({
      ...(config === undefined ? {} : { config }),
      overrides,
      environment: {},
      home: root.slice(0, -1),
      workingFolder: folder,
    });

  it("that come with Tiercel are read when none is named", function () {
    if (existsSync(systemSettingsFile))
      unmet(this, "tool", `a machine without ${systemSettingsFile}, which would be read first`);
    const { settings, files, rulesPaths, mistakes } = load();
    assert.deepEqual(mistakes.map(draw), []);
    assert.equal(settings?.webserver.listen_port, 8766);
    assert.deepEqual(files, [`${root}config/tiercel.yaml`]);
    assert.deepEqual(rulesPaths, [`${root}config/rules`]);
  });

  it("are merged with the files and folders they name, by name, absent ones skipped", () => {
    write(
      "t.yaml",
      "config_files: [more.d, gone.d, {path: last.yaml, strategy: override}]\nrules_files: [r0]",
    );
    write("more.d/b.yaml", "rules_files: [r2]");
    write("more.d/a.yml", "rules_files: [r1]");
    write("more.d/c.txt", "rules_files: [no]");
    write("last.yaml", "priority: error");
    const { settings, files, rulesPaths } = load("t.yaml");
    assert.deepEqual(settings?.rules_files, ["r0", "r1", "r2"]);
    assert.equal(settings?.priority, "Error");
    const names = ["t.yaml", "more.d/a.yml", "more.d/b.yaml", "last.yaml"];
    assert.deepEqual(
      files,
      names.map((name) => join(folder, name)),
    );
    assert.deepEqual(
      rulesPaths,
      ["r0", "r1", "r2"].map((name) => join(folder, name)),
    );
  });

  it("may be named by --set", () => {
    write("t.yaml", "config_files: []");
    write("x.yaml", "priority: error");
    assert.equal(load("t.yaml", "config_files[]=x.yaml", "json_output=true").settings?.priority, "Error");
    assert.equal(load("t.yaml", "config_files[]=x.yaml", "priority=alert").settings?.priority, "Alert");
  });

  it("that are missing, no regular file or too large are one message with path and reason", () => {
    const one = (config: string) => {
      const { mistakes, settings } = load(config);
      assert.equal(settings, undefined);
      assert.equal(mistakes.length, 1);
      return draw(mistakes[0]!);
    };
    assert.match(
      one("none.yaml"),
      /^the settings file \/.*\/none\.yaml cannot be read: ENOENT \[SETTINGS_FILE_READ\]$/,
    );
    assert.match(one("."), /is not a regular file/);
    execFileSync("mkfifo", [join(folder, "fifo")]);
    assert.match(one("fifo"), /is not a regular file/);
    write("large.yaml", `# ${"x".repeat(1 << 20)}`);
    assert.match(one("large.yaml"), /has 1048578 bytes/);
  });

  it("cannot include the main file", () => {
    write("t.yaml", "config_files: [t.yaml]");
    assert.match(load("t.yaml").mistakes.map(draw).join(), /names the main settings file itself/);
  });
});
