/** A name that a rule excepts must not hide the file it leads to: links, `..`, bind mounts. */
import assert from "node:assert/strict";
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { needCapture } from "./support/agent.ts";
import { needContainers } from "./support/containers.ts";
import { Stage } from "./support/stage.ts";

const rule = "secret read";

describe("a link whose own name a rule excepts", function () {
  this.timeout(60_000);
  let stage: Stage;
  let secrets: string;
  let rules: string;

  before(async function () {
    needCapture(this);
    needContainers(this);
    stage = await Stage.open();
    secrets = join(stage.folder, "secrets");
    mkdirSync(secrets);
    writeFileSync(join(secrets, "key"), "");
    writeFileSync(join(secrets, "motd"), "");
    symlinkSync("key", join(secrets, "harmless"));
    symlinkSync(join(secrets, "harmless"), join(stage.folder, "outside"));
    symlinkSync(join(secrets, "motd"), join(stage.folder, "motd-outside"));
    linkSync(join(secrets, "key"), join(stage.folder, "second-name"));
    rules = stage.rulesFile(
      "links.yaml",
      `
- rule: ${rule}
  desc: A file among the secrets was read, but for those that anybody may read.
  condition: evt.type in (open, openat, openat2) and fd.num >= 0 and fd.name startswith ${secrets}/
  output: "%fd.name raw=%fd.nameraw program=%proc.exepath"
  priority: NOTICE
  exceptions: [{name: harmless, fields: fd.name, values: [${secrets}/harmless, ${secrets}/motd]}]
`,
    );
  });
  after(async () => {
    await stage?.close();
  });

  const cases = [
    { name: "is followed to the file it leads to", path: "secrets/harmless", sees: "secrets/key" },
    { name: "is followed from a link elsewhere", path: "outside", sees: "secrets/key" },
    { name: "does not matter where the file itself is asked for", path: "secrets/key", sees: "secrets/key" },
    { name: "is followed through ..", path: "secrets/../secrets/harmless", sees: "secrets/key" },
    { name: "stays excepted where the file is", path: "secrets/motd", sees: undefined },
    { name: "stays excepted where a link leads to an excepted file", path: "motd-outside", sees: undefined },
    { name: "is no hard link: that is a name of its own", path: "second-name", sees: undefined },
  ];
  const open = async (path: string) =>
    await stage.during(() => stage.host("trigger", "open", "openat", "r", join(stage.folder, path)));

  describe("with path_views both", () => {
    before(async () => {
      await stage.watch([rules]);
    });
    after(async () => {
      await stage.unwatch();
    });
    for (const { name, path, sees } of cases) {
      it(name, async () => {
        const raised = await open(path);
        assert.deepEqual(
          raised.map(({ output_fields: fields }) => fields["fd.name"]),
          sees === undefined ? [] : [join(stage.folder, sees)],
        );
      });
    }

    it("is followed in a container, where the secret lies in a mounted folder", async () => {
      const flags = ["--mount", `type=bind,src=${secrets},dst=/etc/harmless,options=rbind:ro`];
      const raised = await stage.during(async () => {
        const container = await stage.containers.run({ flags });
        stage.own(container.id);
        await container.exec(["trigger", "open", "openat", "r", "/etc/harmless/key"]);
        await container.remove();
      });
      assert.deepEqual(
        raised.map(({ rule, output_fields: fields }) => [rule, fields["fd.name"]]),
        [[rule, join(secrets, "key")]],
      );
    });

    it("is followed in a container that sees the whole node below a folder", async () => {
      const flags = ["--mount", "type=bind,src=/,dst=/node,options=rbind:ro"];
      const raised = await stage.during(async () => {
        const container = await stage.containers.run({ flags });
        stage.own(container.id);
        await container.exec(["trigger", "open", "openat", "r", join("/node", secrets, "key")]);
        await container.remove();
      });
      assert.deepEqual(
        raised.map(({ rule, output_fields: fields }) => [rule, fields["fd.name"]]),
        [[rule, join(secrets, "key")]],
      );
    });
  });

  it("hides the file with path_views asked, as Falco would", async () => {
    await stage.watch([rules], { path_views: "asked" });
    assert.deepEqual(await open("secrets/harmless"), []);
    assert.equal((await open("secrets/key")).length, 1);
    await stage.unwatch();
  });
});
