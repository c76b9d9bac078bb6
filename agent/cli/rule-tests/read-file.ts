/** A test file: YAML with rules files and tests. Everything that is wrong with it is said at once. */
import { dirname, resolve } from "node:path";
import type { Catalogue } from "../../rules/catalogue.ts";
import type { RulesFile } from "../../rules/compile.ts";
import { SourceFile, wholeFile, type FilePlace } from "../../rules/files/source-text.ts";
import { readYaml } from "../../rules/files/yaml-read.ts";
import { placeOf, type YamlMapping, type YamlNode } from "../../rules/files/yaml-tree.ts";
import { RecordingError } from "../../sources/recording/read-blocks.ts";
import type { Fixture } from "./fixture.ts";
import type { Mistakes } from "./mistakes.ts";
import { readEvent } from "./read-event.ts";
import { recordingFixture, type RecordingFixture } from "./run-recording.ts";
import { Reader, scalarValue, type ScalarValue } from "./values.ts";

/** An alert that a test expects. */
export interface Expected {
  readonly rule: string;
  readonly output: string | undefined;
  readonly fields: ReadonlyMap<string, ScalarValue | readonly ScalarValue[]>;
}

export interface RuleTest {
  readonly name: string;
  /** Rules of this test alone, as a rules file whose places are those of the test file. */
  readonly rules: RulesFile | undefined;
  /** What the rules are tried on. */
  readonly subject: Fixture | RecordingFixture;
  readonly expect: readonly Expected[];
}

export interface TestFile {
  readonly name: string;
  /** Paths of rules files, for every test, and where the test file names them. */
  readonly files: readonly { readonly path: string; readonly place: FilePlace }[];
  readonly tests: readonly RuleTest[];
}

/** Everything but one node blanked out, so that lines and columns stay what they are. */
function alone(file: SourceFile, node: YamlNode): RulesFile {
  const blank = (text: string) => text.replace(/[^\n]/g, " ");
  const text =
    blank(file.text.slice(0, node.at)) +
    file.text.slice(node.at, node.end) +
    blank(file.text.slice(node.end));
  return { name: file.name, text };
}

function readExpected(node: YamlNode, mistakes: Mistakes): Expected | undefined {
  if (node.kind !== "mapping")
    return mistakes.at(node, "an expected alert must be a mapping, as {rule: NAME}");
  const reader = new Reader(node, ["rule", "output", "fields"], mistakes);
  const rule = reader.text("rule");
  if (rule === undefined) return mistakes.at(node, "an expected alert needs the name of its rule");
  const fields = new Map<string, ScalarValue | readonly ScalarValue[]>();
  for (const { key, value } of reader.mappingAt("fields")?.entries ?? []) {
    if (value.kind === "mapping") mistakes.at(value, `${key.text} must be a value`);
    else if (value.kind === "scalar") fields.set(key.text, scalarValue(value));
    else
      fields.set(
        key.text,
        value.items.map((item) => (item.kind === "scalar" ? scalarValue(item) : null)),
      );
  }
  return { rule, output: reader.text("output"), fields };
}

/** The event of a test, or its recording. */
function readSubject(
  node: YamlNode,
  reader: Reader,
  folder: string,
  catalogue: Catalogue,
  mistakes: Mistakes,
): Fixture | RecordingFixture | undefined {
  const [event, file] = [reader.node("event"), reader.node("file")];
  if (event !== undefined && file !== undefined)
    return mistakes.at(file, "a test has an event or a file, not both");
  if (event === undefined && file === undefined)
    return mistakes.at(node, "a test needs an event, or a file with a recording");
  if (file !== undefined) return readRecording(file, reader.text("file"), folder, mistakes);
  const mapping = reader.mappingAt("event");
  return mapping === undefined ? undefined : readEvent(mapping, catalogue, mistakes);
}

/** A recording that can be replayed, as far as its beginning tells. */
function readRecording(
  node: YamlNode,
  name: string | undefined,
  folder: string,
  mistakes: Mistakes,
): RecordingFixture | undefined {
  if (name === undefined) return undefined;
  try {
    return recordingFixture(resolve(folder, name));
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    return mistakes.at(node, error.message);
  }
}

/** Relative names in a test file count from where it stands. */
const folderOf = (name: string) => (name.startsWith("<") ? "." : dirname(name));

function readTest(
  node: YamlNode,
  index: number,
  file: SourceFile,
  catalogue: Catalogue,
  mistakes: Mistakes,
): RuleTest | undefined {
  if (node.kind !== "mapping")
    return mistakes.at(node, "a test must be a mapping with event (or file) and expect");
  const reader = new Reader(node, ["name", "rules", "event", "expect", "file"], mistakes);
  const rules = reader.node("rules");
  if (rules !== undefined) reader.items("rules");
  const subject = readSubject(node, reader, folderOf(file.name), catalogue, mistakes);
  if (reader.node("expect") === undefined)
    mistakes.at(node, "a test needs expect, the list of alerts that are raised; [] is none");
  const expect = (reader.items("expect") ?? []).flatMap((item) => readExpected(item, mistakes) ?? []);
  if (subject === undefined) return undefined;
  return {
    name: reader.text("name") ?? `test ${index + 1}`,
    rules: rules?.kind === "sequence" ? alone(file, rules) : undefined,
    subject,
    expect,
  };
}

function rootOf(file: SourceFile, mistakes: Mistakes): YamlMapping | undefined {
  const { documents, problems } = readYaml(wholeFile(file));
  for (const { place, message } of problems) mistakes.add(place, message);
  const [root, second] = documents;
  if (second !== undefined) return mistakes.at(second, "a test file is one YAML document");
  if (root?.kind === "mapping") return root;
  if (problems.length === 0)
    mistakes.add({ file, at: 0, end: 0 }, "a test file is a mapping with tests, and files with rules");
  return undefined;
}

/** Whether a text is meant as a test file: a mapping with the key tests. For files that a folder holds. */
export function looksLikeTests(text: string): boolean {
  return /^["']?tests["']?\s*:|^\s*\{[^]*"tests"\s*:/m.test(text);
}

/** Reads a test file. Mistakes are added to `mistakes`; tests that are beyond use are left out. */
export function readTestFile(given: RulesFile, catalogue: Catalogue, mistakes: Mistakes): TestFile {
  const file = new SourceFile(given.name, given.text);
  const root = rootOf(file, mistakes);
  if (root === undefined) return { name: given.name, files: [], tests: [] };
  const reader = new Reader(root, ["files", "tests"], mistakes);
  const folder = folderOf(given.name);
  const files = (reader.items("files") ?? []).flatMap((node) => {
    if (node.kind === "scalar") return [{ path: resolve(folder, node.text), place: placeOf(node) }];
    mistakes.at(node, "an item of files must be a path");
    return [];
  });
  if (reader.node("tests") === undefined) mistakes.at(root, "a test file needs tests");
  const tests = (reader.items("tests") ?? []).flatMap(
    (node, index) => readTest(node, index, file, catalogue, mistakes) ?? [],
  );
  return { name: given.name, files, tests };
}
