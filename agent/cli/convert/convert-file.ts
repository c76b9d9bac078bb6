/** One file in, documents and remarks out: what the file is decides the direction. Pure. */
import type { Catalogue } from "../../rules/catalogue.ts";
import { Findings } from "../../rules/diagnostics/collector.ts";
import type { LoadResult } from "../../rules/diagnostics/finding.ts";
import { describeDocument } from "../../rules/files/embedded.ts";
import { fileChain } from "../../rules/files/read-items.ts";
import { sourceFile } from "../../rules/files/read-file.ts";
import { wholeFile, type SourceFile } from "../../rules/files/source-text.ts";
import { sortManifests } from "../../rules/files/manifest.ts";
import { readYaml } from "../../rules/files/yaml-read.ts";
import { get, type YamlMapping, type YamlNode } from "../../rules/files/yaml-tree.ts";
import { defaultMaxFileBytes } from "../../rules/options.ts";
import { beyondBounds } from "./bounds.ts";
import { lostInFile, ruleObjects, rulesFileItems } from "./objects.ts";
import { RulesFinder, type FoundRules } from "./rules.ts";
import { convertSettings, isFalcoConfiguration } from "./settings.ts";
import { convertSinks, sidekickConfiguration } from "./sinks.ts";
import { yamlText } from "./yaml-text.ts";

export interface ConvertOptions {
  readonly name?: string;
  readonly namespace?: string;
}

export interface Converted {
  /** YAML documents. */
  readonly documents: readonly string[];
  readonly remarks: readonly string[];
  /** Mistakes that stand in the way; then there are no documents. */
  readonly refused?: LoadResult;
}

class FileConversion {
  readonly #documents: string[] = [];
  readonly #remarks: string[] = [];
  readonly #findings = new Findings();
  readonly #file: SourceFile;
  readonly #finder: RulesFinder;
  readonly #options: ConvertOptions;

  constructor(file: SourceFile, catalogue: Catalogue, options: ConvertOptions) {
    this.#file = file;
    this.#options = options;
    this.#finder = new RulesFinder(catalogue, this.#findings, file);
  }

  run(): Converted {
    const chain = fileChain({ file: this.#file, at: 0, end: 0 });
    const bytes = Buffer.byteLength(this.#file.text);
    if (bytes > defaultMaxFileBytes) {
      this.#findings.error(
        "LOAD_ERR_YAML_PARSE",
        `the file has ${bytes} bytes; it may have ${defaultMaxFileBytes}`,
        chain,
      );
      return this.#refused();
    }
    const { documents, problems } = readYaml(wholeFile(this.#file));
    for (const { message, place } of problems)
      this.#findings.error("LOAD_ERR_YAML_PARSE", message, chain, { place });
    this.#roots(documents);
    const isVersion = ({ message }: { message: string }) =>
      message.startsWith("Rules require engine version");
    if (!this.#findings.errors.every(isVersion)) return this.#refused();
    for (const { message, place } of [
      ...this.#findings.errors,
      ...this.#findings.warnings.filter(
        ({ code }) => code === "LOAD_UNKNOWN_KEY" || code === "LOAD_UNKNOWN_ITEM",
      ),
    ])
      this.#remarks.push(
        `${this.#file.name}:${place === undefined ? "" : `${place.file.position(place.at).line + 1}:`} ${message}`,
      );
    return { documents: this.#documents, remarks: this.#remarks };
  }

  #refused(): Converted {
    const { errors, warnings, hints } = this.#findings;
    const refused = {
      name: this.#file.name,
      file: this.#file,
      successful: false,
      schemaValid: true,
      schemaWarnings: [],
      errors,
      warnings,
      hints,
    };
    return { documents: [], remarks: [], refused };
  }

  #remark(text: string): void {
    this.#remarks.push(`${this.#file.name}: ${text}`);
  }

  #roots(roots: readonly YamlNode[]): void {
    const items = roots.flatMap((root) => (root.kind === "sequence" ? root.items : []));
    if (items.length > 0) this.#toObjects([this.#finder.ofItems(items)]);
    const { manifests, others } = sortManifests(roots);
    for (const root of others) {
      if (root.kind === "mapping") this.#mapping(root);
      else if (root.kind === "scalar") this.#remark("a document that is a text was left out");
    }
    if (manifests.length > 0) this.#toFile(manifests.map((object) => this.#finder.ofManifest(object)));
    if (roots.length === 0) this.#remark("there is nothing in it");
  }

  /** The file's text, with blanks in place of its other documents. */
  #only(root: YamlMapping): string {
    const { text } = this.#file;
    if (!/^---/m.test(text)) return text;
    return text.slice(0, root.at).replace(/[^\n]/g, "") + text.slice(root.at, root.end);
  }

  #mapping(root: YamlMapping): void {
    const found = this.#finder.ofDocument(root);
    if (found.length > 0) {
      for (const { path } of found) this.#remark(`rules found at ${path}`);
      this.#toObjects(found);
    }
    const sidekick = sidekickConfiguration(root);
    if (sidekick !== undefined) {
      const { objects, remarks } = convertSinks(sidekick, this.#file.name, this.#options.namespace);
      this.#documents.push(...objects.map(yamlText));
      this.#remarks.push(...remarks);
    }
    if (
      found.length === 0 &&
      sidekick === undefined &&
      isFalcoConfiguration(root.entries.map(({ key }) => key.text))
    ) {
      const { text, remarks } = convertSettings(this.#file.name, this.#only(root));
      if (text !== "") this.#documents.push(text);
      this.#remarks.push(...remarks);
    } else if (found.length === 0 && sidekick === undefined)
      this.#remark(`nothing to convert was found in ${describeDocument(root) ?? "it"}`);
    else if (get(root, "falco") !== undefined)
      this.#remark("settings under falco: were left out; save them as a falco.yaml and convert that");
  }

  #remarkLists({ folded }: FoundRules): void {
    for (const name of folded.inexact)
      this.#remark(`list ${name}: it and the lists in it name each other; check what became of it`);
  }

  #toObjects(found: readonly FoundRules[]): void {
    for (const each of found) this.#remarkLists(each);
    for (const [index, { name, folded, engineVersion }] of found.entries()) {
      for (const text of beyondBounds(folded)) this.#remark(`a FalcoRule cannot hold this: ${text}`);
      const objects = ruleObjects(folded, engineVersion, {
        name: this.#options.name === undefined || found.length > 1 ? name : this.#options.name,
        ...(this.#options.namespace === undefined ? {} : { namespace: this.#options.namespace }),
        ...(found.length > 1 ? { order: 50 + Math.min(index, 49) } : {}),
      });
      if (objects.length > 1)
        this.#remark(`its rules are too many for one object: ${objects.length} are made`);
      this.#documents.push(...objects.map(yamlText));
    }
  }

  #toFile(found: readonly FoundRules[]): void {
    for (const each of found) this.#remarkLists(each);
    const items = found.flatMap(({ folded, engineVersion }) => rulesFileItems(folded, engineVersion));
    for (const { name, origin } of found)
      for (const lost of origin === undefined ? [] : lostInFile(origin))
        this.#remark(`FalcoRule ${name}: ${lost} has no counterpart in a rules file`);
    this.#documents.push(items.map((item) => yamlText([item])).join("\n"));
  }
}

/** Converts one file. */
export function convertFile(
  name: string,
  text: string,
  catalogue: Catalogue,
  options: ConvertOptions = {},
): Converted {
  return new FileConversion(sourceFile(name, text).file, catalogue, options).run();
}
