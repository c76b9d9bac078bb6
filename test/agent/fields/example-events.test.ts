/** Each field's example is true of some made event and false of another: a condition that cannot fail shows nothing. */
import assert from "node:assert/strict";
import { checkCondition } from "../../../agent/rules/condition/check.ts";
import { compileCondition } from "../../../agent/rules/condition/compile.ts";
import { parseCondition } from "../../../agent/rules/condition/parser.ts";
import { syscallReaders } from "../../../agent/fields/index.ts";
import { neverSet } from "../../../agent/fields/never-set.ts";
import { catalogue, syscall } from "./fixture.ts";
import { scenes } from "./scenes.ts";

/** Of these nothing else is ever true, in Falco neither: constants, and what every event of the source has. */
const always = new Set(
  "evt.num evt.time evt.source evt.is_async evt.count util.cnt evt.latency evt.latency.s evt.latency.ns"
    .concat(" evt.latency.quantized evt.latency.human")
    .split(" "),
);

/** Those of containers and pods have tests of their own, with what a runtime and the API say. */
const elsewhere = /^(container|k8s|k8smeta)\.|^proc\.is_container_/;

describe("examples of fields of system calls", () => {
  for (const { name, example, printOnly } of syscall.fields) {
    if (printOnly === true || neverSet(name, "syscall") !== undefined || elsewhere.test(name)) continue;
    const wanted = always.has(name) ? [true] : [false, true];
    it(`${example} is true of some event${always.has(name) ? "" : " and false of another"}`, () => {
      const { typed } = checkCondition(parseCondition(example!), syscall, catalogue);
      const matches = compileCondition(typed, syscallReaders);
      const results = new Set(scenes.map((event) => matches(event)));
      assert.deepEqual([...results].sort(), wanted);
    });
  }
});
