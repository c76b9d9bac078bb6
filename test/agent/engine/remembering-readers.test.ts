import assert from "node:assert/strict";
import { rememberingReaders, type Numbered } from "../../../agent/engine/remembering-readers.ts";
import { pathViews } from "../../../agent/fields/context.ts";
import type { FieldUse } from "../../../agent/rules/catalogue.ts";

const use = (name: string): FieldUse => ({
  text: name,
  name,
  type: "CHARBUF",
  list: false,
  quantifier: "none",
});

describe("remembering readers", () => {
  let reads: string[];
  const readers = () =>
    rememberingReaders<Numbered>({
      reader:
        ({ text }) =>
        ({ number, view }) => {
          reads.push(text);
          return `${text} ${number} ${view}`;
        },
      exists:
        ({ text }) =>
        () => {
          reads.push(`${text} exists`);
          return true;
        },
    });
  beforeEach(() => (reads = []));

  it("read a field once an event, for all who ask", () => {
    const made = readers();
    const [first, second] = [made.reader(use("proc.name")), made.reader(use("proc.name"))];
    const event = { number: 1, view: pathViews.asked };
    assert.equal(first(event), "proc.name 1 0");
    assert.equal(second(event), "proc.name 1 0");
    assert.deepEqual(reads, ["proc.name"]);
    assert.equal(second({ number: 2, view: pathViews.asked }), "proc.name 2 0");
  });

  it("read a path anew in another view, and nothing else", () => {
    const made = readers();
    const name = made.reader(use("fd.name"));
    const other = made.reader(use("proc.name"));
    const values = [pathViews.asked, pathViews.real, pathViews.asked].map((view) => {
      other({ number: 1, view });
      return name({ number: 1, view });
    });
    assert.deepEqual(values, ["fd.name 1 0", "fd.name 1 1", "fd.name 1 0"]);
    assert.deepEqual(reads, ["proc.name", "fd.name", "fd.name", "fd.name"]);
  });

  it("tell fields with other arguments apart, and existence from value", () => {
    const made = readers();
    const event = { number: 1, view: pathViews.asked };
    const argument = { ...use("proc.aname"), text: "proc.aname[2]", argument: "2" };
    assert.equal(made.reader(argument)(event), "proc.aname[2] 1 0");
    assert.equal(made.reader(use("proc.aname"))(event), "proc.aname 1 0");
    assert.equal(made.exists(use("proc.aname"))(event), true);
    assert.equal(made.exists(use("proc.aname"))(event), true);
    assert.deepEqual(reads, ["proc.aname[2]", "proc.aname", "proc.aname exists"]);
  });
});
