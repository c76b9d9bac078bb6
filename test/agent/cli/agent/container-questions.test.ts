import assert from "node:assert/strict";
import { ContainerQuestions } from "../../../../agent/cli/agent/container-questions.ts";
import { hostContainer } from "../../../../agent/state/container-id.ts";
import { Containers } from "../../../../agent/state/containers.ts";
import type { Container, Process } from "../../../../agent/state/types.ts";
import { containerFacts } from "../../state/container-samples.ts";

const place = (id: string) => ({ id, type: "", cgroupPath: `/k8s.io/${id}` });

describe("questions for containers", () => {
  let now: number;
  let asked: [at: number, id: string, pid: number][];
  let live: (container: Container) => Process | undefined;
  let containers: Containers;
  let questions: ContainerQuestions;
  beforeEach(() => {
    now = 0;
    asked = [];
    live = () => ({ pid: 9 }) as Process;
    containers = new Containers();
    questions = new ContainerQuestions({
      ask: ({ id, pid }) => asked.push([now, id, pid]),
      processOf: (container) => live(container),
      now: () => now,
    });
  });

  /** Looks once a second, as capture does. */
  function look(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      now += 1000;
      questions.look();
    }
  }

  it("are asked once where the answer comes, and not for the host or what is known", () => {
    const container = containers.at(place("a"));
    questions.first(container, 5);
    questions.first(hostContainer, 1);
    questions.first(containers.identify(containerFacts({ id: "b" })), 6);
    containers.identify(containerFacts({ id: "a" }));
    look(1000);
    assert.deepEqual(asked, [[0, "a", 5]]);
  });

  it("are asked again at growing intervals for those that stayed unknown, while they have a process", () => {
    questions.first(containers.at(place("a")), 5);
    look(900);
    assert.deepEqual(
      asked.map(([at]) => at / 1000),
      [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811],
    );
    assert.deepEqual(asked[1], [1000, "a", 9]);
    live = () => undefined;
    look(1000);
    assert.equal(asked.length, 11);
    assert.equal(questions.repeated, 10);
  });

  it("are at most 32 at a time", () => {
    for (let i = 0; i < 100; i++) questions.first(containers.at(place(`c${i}`)), 5);
    assert.equal(asked.length, 100, "first ones are as many as there are containers");
    look(1);
    assert.equal(asked.length, 132);
    look(3);
    assert.deepEqual(new Set(asked.slice(100, 200).map(([, id]) => id)).size, 100, "each has its turn");
  });
});
