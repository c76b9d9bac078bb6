/** A document with steps to follow, taken apart: files to save, commands to run, and what it says they print. */
import assert from "node:assert/strict";

/** Something that is typed at the prompt of a program that a command started, and what is printed then. */
export interface Typed {
  readonly text: string;
  readonly printed: readonly string[];
}

/** A file to save, or a command: a line after `$ `, or several where all but the last end with a backslash. */
export type Step =
  | { readonly kind: "file"; readonly name: string; readonly text: string }
  | {
      readonly kind: "command";
      /** Of the document, from 1. */
      readonly line: number;
      readonly text: string;
      readonly printed: readonly string[];
      readonly typed: readonly Typed[];
    };

/** What stands under one heading of the second level. */
export interface Section {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** The prompt of a root's shell in a container; what stands behind it is typed. */
export const prompt = "/ # ";

function commands(lines: readonly string[], from: number): Step[] {
  const steps: Step[] = [];
  let printed: string[] | undefined;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (line.startsWith("$ ")) {
      const at = from + index;
      let text = line.slice(2);
      while (text.endsWith("\\")) text += `\n${lines[++index] ?? assert.fail(`line ${at} goes on nowhere`)}`;
      printed = [];
      steps.push({ kind: "command", line: at, text, printed, typed: [] });
    } else if (line.startsWith(prompt)) {
      const command = steps.at(-1);
      assert.ok(command?.kind === "command", `line ${from + index} is typed before any command`);
      printed = [];
      (command.typed as Typed[]).push({ text: line.slice(prompt.length), printed });
    } else {
      assert.ok(printed, `line ${from + index} is printed before any command`);
      printed.push(line);
    }
  }
  return steps;
}

/**
 * The document's sections in order. Blocks are `yaml` with the file's name in a comment first, or `console`.
 * @throws AssertionError for a block that is neither, and for a command that stands in the text, where nobody runs it
 */
export function sectionsOf(page: string): readonly Section[] {
  const sections: { title: string; steps: Step[] }[] = [];
  const lines = page.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (line.startsWith("## ")) sections.push({ title: line.slice(3), steps: [] });
    const fence = /^ *```(.*)$/.exec(line);
    if (fence === null) {
      const said = /`((?:kubectl|helm|tiercel|bin\/tiercel|make) [^`]*)`/.exec(line);
      assert.equal(said, null, `line ${index + 1}: a command that is not run: ${said?.[1]}`);
      continue;
    }
    const end = lines.indexOf("```", index + 1);
    assert.ok(end > 0, `line ${index + 1}: a block without an end`);
    const block = lines.slice(index + 1, end);
    const steps = sections.at(-1)?.steps ?? assert.fail(`line ${index + 1}: a block before any section`);
    if (fence[1] === "console") steps.push(...commands(block, index + 2));
    else {
      assert.equal(fence[1], "yaml", `line ${index + 1}`);
      const name = /^# (\S+)$/.exec(block[0] ?? "")?.[1] ?? assert.fail(`line ${index + 2}: a file's name`);
      steps.push({ kind: "file", name, text: `${block.join("\n")}\n` });
    }
    index = end;
  }
  return sections;
}
