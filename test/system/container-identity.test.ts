/** Who the container of an event is, by a real containerd: from the first events on, in a crowd, and while it stands still. */
import assert from "node:assert/strict";
import { needCapture, startAgent, type PrintedAlert, type RunningAgent } from "./support/agent.ts";
import { needContainers } from "./support/containers.ts";
import { imageName } from "./support/image.ts";
import { Stage } from "./support/stage.ts";

const rules = `
- rule: Program of the test
  desc: Tells whose it is.
  condition: evt.type = execve and container.id != host and proc.args contains for-the-test
  output: "%proc.cmdline in %container.id image=%container.image number=%container.label[number]"
  priority: NOTICE
`;

/** As rules of 2019 have it: 1 of the first process, or the container itself becomes known. */
const old = `
- macro: container_started
  condition: ((evt.type = container or (evt.type = execve and proc.vpid = 1)) and container.image.repository != incomplete)
- rule: Launch Privileged Container
  desc: A container with all rights.
  condition: container_started and container.id != host and container.privileged = true
  output: "%evt.type %proc.name (pid=%proc.pid container=%container.full_id image=%container.image)"
  priority: INFO
- rule: Launch Sensitive Mount Container
  desc: A container that sees the node's own files.
  condition: >
    container_started and container.id != host and
    (container.mount.dest[/proc*] != "N/A" or container.mount.dest[/etc] != "N/A" or container.mount.dest[/root*] != "N/A")
  output: "%evt.type %proc.name (container=%container.full_id mounts=%container.mounts)"
  priority: INFO
- rule: Excessively Capable Container
  desc: Its first process may administer the node.
  condition: evt.type = container and container.id != host and thread.cap_permitted icontains "cap_sys_admin"
  output: "%evt.type %proc.name %proc.pid (container=%container.full_id caps=%thread.cap_permitted)"
  priority: INFO
`;

/** How long the runtime stands still in the middle, ms; a minute was tried by hand. */
const STANDSTILL = 2_000;

const fieldsOf = ({ output_fields: fields }: PrintedAlert) => fields;

describe("the identity of a container", function () {
  this.timeout(120_000);
  let stage: Stage;

  before(async function () {
    needCapture(this);
    needContainers(this);
    stage = await Stage.open();
  });
  after(async () => {
    await stage?.close();
  });

  /** Runs a container to its end, as a number of a crowd. */
  async function short(number: number): Promise<string> {
    const { id } = await stage.containers.runToEnd(["cat", "/etc/hosts", `for-the-test-${number}`], {
      flags: ["--label", `number=${number}`],
    });
    stage.own(id);
    return id;
  }

  describe("while the runtime answers", () => {
    before(async () => {
      await stage.watch([stage.rulesFile("identity.yaml", rules)]);
    });
    after(async () => {
      await stage.unwatch();
    });

    it("is known of the first program of a container that has just been started", async () => {
      const raised = await stage.during(() => short(0));
      assert.equal(raised.length, 1);
      const fields = fieldsOf(raised[0]!);
      assert.equal(fields["container.image"], imageName);
      assert.equal(fields["container.identity"], undefined, raised[0]!.output);
    });

    it("is the right one for each of a hundred that come and go", async () => {
      const ids = new Map<number, string>();
      const raised = await stage.during(async () => {
        let next = 1;
        const worker = async () => {
          for (let number = next++; number <= 100; number = next++) ids.set(number, await short(number));
        };
        await Promise.all([worker(), worker()]);
      });
      // On a machine that has no processor free for a quarter of a second some are marked unnamed; none has another's name.
      let unnamed = 0;
      const wrong = [...ids].flatMap(([number, id]) => {
        const found = raised.filter((alert) => alert.output.includes(`for-the-test-${number} `));
        const said = found.map(({ output }) => output).join("; ");
        const [own, named] = [` in ${id.slice(0, 12)} image=`, `${imageName} number=${number} `];
        if (found.length === 1 && said.includes(own + named)) return [];
        if (found.length !== 1 || !said.includes(own) || !/container_identity=unknown$/.test(said))
          return [said];
        unnamed++;
        return [];
      });
      assert.deepEqual(wrong, []);
      assert.ok(unnamed <= 10, `${unnamed} of 100 were not named in time`);
    });
  });

  describe("while the runtime stands still", () => {
    let agent: RunningAgent | undefined;
    after(async () => {
      stage.containers.resume();
      await agent?.stop();
    });

    it("is marked unknown, capture goes on, and it is asked for again", async () => {
      const again = "while :; do cat /etc/hosts for-the-test-loop; sleep 0.2; done";
      const { id } = await stage.containers.run({ command: ["sh", "-c", again] });
      await stage.containers.suspend();
      agent = await startAgent({
        rules: [stage.rulesFile("identity.yaml", rules)],
        settings: { "container_runtime.sockets": `[${stage.containers.socket}]` },
      });
      const isOurs = (alert: PrintedAlert) => fieldsOf(alert)["container.id"] === id.slice(0, 12);
      const unknown = (alert: PrintedAlert) => fieldsOf(alert)["container.identity"] === "unknown";
      const first = await agent.alert("an alert without a name", isOurs, 0, 10_000);
      assert.ok(unknown(first), first.output);
      assert.equal(fieldsOf(first)["container.image.repository"], null);
      assert.match(first.output, / container_identity=unknown$/);
      const seen = agent.alerts.length;
      await agent.alert("capture goes on", (alert) => isOurs(alert) && unknown(alert), seen, 5_000);
      stage.containers.resume();
      const named = await agent.alert(
        "an alert with its name",
        (alert) => isOurs(alert) && !unknown(alert),
        seen,
        30_000,
      );
      assert.equal(fieldsOf(named)["container.image"], imageName);

      // Once more, in the middle: who is known stays known, and whoever comes afterwards is named.
      await stage.containers.suspend();
      const still = agent.alerts.length;
      await new Promise((resolve) => setTimeout(resolve, STANDSTILL));
      const meanwhile = agent.alerts.slice(still).filter(isOurs);
      assert.ok(meanwhile.length >= STANDSTILL / 1000, `${meanwhile.length} alerts meanwhile`);
      assert.deepEqual(
        meanwhile.filter((alert) => fieldsOf(alert)["container.image"] !== imageName),
        [],
      );
      stage.containers.resume();
      const later = await short(0);
      const alert = await agent.alert(
        "an alert of a container that came later",
        (each) => fieldsOf(each)["container.id"] === later.slice(0, 12),
        still,
        30_000,
      );
      assert.equal(fieldsOf(alert)["container.image"], imageName, alert.output);
    });
  });

  describe("raises the event container of old rules", () => {
    it("for containers that run already, with their first process, and for none of the host's (R40)", async () => {
      const agent = await stage.watch([stage.rulesFile("old.yaml", old)]);
      const alert = await agent.alert(
        "the privileged container",
        ({ rule, output }) => rule === "Launch Privileged Container" && output.includes(stage.privileged.id),
      );
      assert.match(alert.output, /^\S+ \S+ container sleep \(pid=(?!1 )/);
      await agent.alert("its capabilities", ({ rule }) => rule === "Excessively Capable Container");
      const others = agent.alerts.filter(
        ({ output }) => !output.includes(stage.privileged.id) && !output.includes("marker"),
      );
      assert.deepEqual(
        others.filter(({ output }) => output.includes(stage.plain.id)),
        [],
      );
      assert.deepEqual(
        others.filter((each) => fieldsOf(each)["container.id"] === "host"),
        [],
      );
    });

    it("for new ones: once as it becomes known, once for its first process", async () => {
      const raised = await stage.during(async () => {
        const { id } = await stage.containers.runToEnd(["sleep", "0.5"], {
          flags: [
            "--privileged",
            "--mount",
            "type=bind,src=/etc,dst=/host/etc,options=rbind:ro",
            "--mount",
            "type=bind,src=/etc,dst=/etc/extra,options=rbind:ro",
          ],
        });
        stage.own(id);
      });
      const of = (rule: string) =>
        raised.filter((alert) => alert.rule === rule).map(({ output }) => output.split(" ")[2]);
      assert.deepEqual(of("Launch Privileged Container").sort(), ["container", "execve"]);
      assert.ok(of("Launch Sensitive Mount Container").includes("container"));
      await stage.unwatch();
    });
  });
});
