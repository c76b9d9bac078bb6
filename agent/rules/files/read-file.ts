/** Reads one file of any kind that may hold rules, down to its items. */
import type { Catalogue } from "../catalogue.ts";
import type { HintCode } from "../diagnostics/codes.ts";
import type { Findings } from "../diagnostics/collector.ts";
import { describeDocument, findRules } from "./embedded.ts";
import { invalid, within, type Context } from "./decode.ts";
import type { Origin } from "./items.ts";
import { readManifest, sortManifests } from "./manifest.ts";
import { fileChain, readItems, type ItemVisitor } from "./read-items.ts";
import { recover, type LostItem } from "./recover.ts";
import { SourceFile, wholeFile, type SourceText } from "./source-text.ts";
import { readYaml, type YamlLaxness } from "./yaml-read.ts";
import type { YamlMapping, YamlNode } from "./yaml-tree.ts";

/** Where what was read goes. */
export interface FileVisitor extends ItemVisitor {
  /** A file or object begins; items that follow are its. */
  object(origin: Origin, order: number): void;
  /** An item is there, but its YAML is broken. */
  lost(item: LostItem): void;
}

export interface ReadOptions {
  readonly maxFileBytes: number;
  readonly namespace: string;
}

/** The text as a file, its byte order mark taken off; true as well where there was one. */
export function sourceFile(
  name: string,
  text: string,
): { readonly file: SourceFile; readonly hadMark: boolean } {
  const hadMark = text.startsWith("\ufeff");
  return { file: new SourceFile(name, hadMark ? text.slice(1) : text), hadMark };
}

const laxnessCodes: Readonly<Record<YamlLaxness, HintCode>> = {
  comment: "TIERCEL_YAML_COMMENT",
  indent: "TIERCEL_YAML_INDENT",
  "duplicate-key": "TIERCEL_YAML_DUPLICATE_KEY",
  "merge-key": "TIERCEL_YAML_MERGE_KEY",
};

/** Reads the documents of a text; problems and laxness are reported. */
function readText(source: SourceText, context: Context): readonly YamlNode[] {
  const { documents, problems, remarks } = readYaml(source);
  for (const { message, place } of problems) {
    const { line, column } = place.file.position(place.at);
    const text = `yaml-cpp: error at line ${line + 1}, column ${column + 1}: ${message}`;
    context.findings.error("LOAD_ERR_YAML_PARSE", text, context.chain, { place });
  }
  for (const { laxness, message, place } of remarks)
    context.findings.hint(laxnessCodes[laxness], message, context.chain, { place });
  return documents;
}

/** A hint at the first template mark of a file: in a file that gave errors it is probably their cause. */
export function hintTemplate(file: SourceFile, findings: Findings): void {
  const mark = /\{\{|\$\{[A-Za-z_]|<%/.exec(file.text);
  if (mark === null) return;
  const end = mark.index + mark[0].length;
  const message = `'${mark[0].slice(0, 2)}' is a mark of a template: render the file first, then validate what comes out`;
  findings.hint("TIERCEL_TEMPLATE", message, fileChain({ file, at: 0, end: 0 }), {
    place: { file, at: mark.index, end },
  });
}

export class FileReader {
  readonly #catalogue: Catalogue;
  readonly #visitor: FileVisitor;
  readonly #options: ReadOptions;

  constructor(catalogue: Catalogue, visitor: FileVisitor, options: ReadOptions) {
    this.#catalogue = catalogue;
    this.#visitor = visitor;
    this.#options = options;
  }

  /** Reads a file and hands its items on; gives the roots of its documents. */
  read(file: SourceFile, hadMark: boolean, findings: Findings): readonly YamlNode[] {
    const context: Context = { findings, chain: fileChain({ file, at: 0, end: 0 }) };
    const bytes = Buffer.byteLength(file.text);
    if (bytes > this.#options.maxFileBytes) {
      const message = `the file has ${bytes} bytes; a rules file may have ${this.#options.maxFileBytes}`;
      findings.error("LOAD_ERR_YAML_PARSE", message, context.chain);
      return [];
    }
    if (hadMark)
      findings.hint(
        "TIERCEL_YAML_BOM",
        "the file starts with a byte order mark; save it without",
        context.chain,
      );
    const whole = wholeFile(file);
    const roots = readText(whole, context);
    if (findings.errors.length > 0) this.#recover(whole, context);
    const { manifests, others } = sortManifests(roots);
    let plain = false;
    for (const root of others) plain = this.#document(root, file, plain, context);
    for (const object of manifests)
      readManifest(object, this.#options.namespace, this.#catalogue, this.#visitor, context);
    return roots;
  }

  /** Tells the mistakes of items beside those whose YAML is broken. */
  #recover(source: SourceText, context: Context): void {
    const { items, lost } = recover(source);
    for (const item of lost) this.#visitor.lost(item);
    const origin = this.#origin(source.file);
    this.#visitor.object(origin, 0);
    readItems(items, origin, this.#catalogue, this.#visitor, context);
  }

  #origin(file: SourceFile): Origin {
    return { namespace: this.#options.namespace, object: file.name.replace(/^.*\//, "") };
  }

  /** One document; `plain` says whether the object of the file itself has begun. Gives whether it has now. */
  #document(root: YamlNode, file: SourceFile, plain: boolean, context: Context): boolean {
    if (root.kind === "scalar") {
      invalid(context, "Rules content is not yaml", "a rules file is a list of items: - rule: …");
      return plain;
    }
    if (root.kind === "sequence") {
      if (!plain) this.#visitor.object(this.#origin(file), 0);
      readItems(root.items, this.#origin(file), this.#catalogue, this.#visitor, context);
      return true;
    }
    this.#elsewhere(root, file, context);
    return false;
  }

  /** A mapping that is no rules file: says where its rules are, and reads them for their own mistakes. */
  #elsewhere(root: YamlMapping, file: SourceFile, context: Context): void {
    const found = findRules(root);
    const what = describeDocument(root);
    const inside = within(context, "rules content item", "", root);
    const help =
      what === undefined
        ? "a rules file is a list of items: - rule: …"
        : `this is ${what}, not a list of items`;
    context.findings.error(
      "LOAD_ERR_YAML_VALIDATE",
      "Rules content is not yaml array of objects",
      context.chain,
      {
        place: { file, at: file.text.search(/\S/), end: file.text.search(/\S/) + 1 },
        help,
      },
    );
    for (const each of found) {
      context.findings.hint(
        "TIERCEL_RULES_ELSEWHERE",
        `there are rules at ${each.path}; \`tiercel convert\` makes a FalcoRule of them`,
        inside.chain,
        { place: { ...each.place, end: each.place.at + 1 } },
      );
      this.#visitor.object(this.#origin(file), 0);
      const roots = "text" in each.content ? readText(each.content, context) : [];
      const items = "text" in each.content ? roots : each.content;
      for (const node of "text" in each.content ? items : [])
        if (node.kind === "sequence")
          readItems(node.items, this.#origin(file), this.#catalogue, this.#visitor, context);
        else
          invalid(
            within(context, "rules content item", "", node),
            "Rules content is not yaml array of objects",
          );
      if (!("text" in each.content))
        readItems(each.content, this.#origin(file), this.#catalogue, this.#visitor, context);
    }
  }
}
