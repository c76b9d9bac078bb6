/** Rules of one file, wherever they are in it, as objects; FalcoRules as items of a rules file. */
import type { Catalogue } from "../../rules/catalogue.ts";
import type { Findings } from "../../rules/diagnostics/collector.ts";
import { findRules } from "../../rules/files/embedded.ts";
import { readManifest } from "../../rules/files/manifest.ts";
import type { Origin } from "../../rules/files/items.ts";
import { fileChain, readItems } from "../../rules/files/read-items.ts";
import type { SourceFile } from "../../rules/files/source-text.ts";
import { laterVersion, type Version } from "../../rules/files/versions.ts";
import { readYaml } from "../../rules/files/yaml-read.ts";
import { textAt, type YamlMapping, type YamlNode } from "../../rules/files/yaml-tree.ts";
import { Folder, type Folded } from "./fold.ts";
import { objectName } from "./objects.ts";

/** Rules under one name, from a file, a text in one, or an object. */
export interface FoundRules {
  readonly name: string;
  /** Where in the file, for remarks; undefined: the file is a rules file. */
  readonly path?: string;
  readonly folded: Folded;
  /** The highest version asked for, as x.y.z. */
  readonly engineVersion?: string;
  /** What the object says beside its rules. */
  readonly origin?: Origin;
}

/** Folds what a reader visits. */
class Visitor {
  readonly #folder: Folder;
  #version: Version | undefined;
  origin: FoundRules["origin"];

  constructor(findings: Findings) {
    this.#folder = new Folder(findings);
  }

  item: Folder["item"] = (item) => this.#folder.item(item);
  requirement: Folder["requirement"] = (requirement) => this.#folder.requirement(requirement);
  engineVersion = (version: Version): void => {
    this.#version = laterVersion(this.#version, version);
  };
  object = (origin: NonNullable<FoundRules["origin"]>): void => {
    this.origin = origin;
  };

  found(name: string, path?: string): FoundRules {
    return {
      name,
      folded: this.#folder.result(),
      ...(this.#version === undefined ? {} : { engineVersion: this.#version.join(".") }),
      ...(this.origin === undefined ? {} : { origin: this.origin }),
      ...(path === undefined ? {} : { path }),
    };
  }
}

export class RulesFinder {
  readonly #catalogue: Catalogue;
  readonly #findings: Findings;
  readonly #file: SourceFile;

  constructor(catalogue: Catalogue, findings: Findings, file: SourceFile) {
    this.#catalogue = catalogue;
    this.#findings = findings;
    this.#file = file;
  }

  get #context() {
    return { findings: this.#findings, chain: fileChain({ file: this.#file, at: 0, end: 0 }) };
  }

  /** The rules of all documents that are lists of items: one rules file. */
  ofItems(items: readonly YamlNode[]): FoundRules {
    const visitor = new Visitor(this.#findings);
    const origin = { namespace: "", object: this.#file.name };
    readItems(items, origin, this.#catalogue, visitor, this.#context);
    return visitor.found(objectName(this.#file.name));
  }

  /** A FalcoRule. */
  ofManifest(object: YamlMapping): FoundRules {
    const visitor = new Visitor(this.#findings);
    readManifest(object, "", this.#catalogue, visitor, this.#context);
    return visitor.found(textAt(object, "metadata", "name") ?? "");
  }

  /** Rules inside anything else. */
  ofDocument(root: YamlMapping): FoundRules[] {
    const found = findRules(root);
    const parts = found.every(({ content }) => !("text" in content))
      ? [
          {
            path: found.map(({ path }) => path).join(", "),
            items: found.flatMap(({ content }) => content as YamlNode[]),
          },
        ]
      : found.map(({ path, content }) => ({
          path,
          items: "text" in content ? this.#itemsOf(content) : content,
        }));
    if (found.length === 0) return [];
    return parts.map(({ path, items }) => {
      const visitor = new Visitor(this.#findings);
      const origin = { namespace: "", object: this.#file.name };
      readItems(items, origin, this.#catalogue, visitor, this.#context);
      return visitor.found(this.#nameOf(path, root), path);
    });
  }

  #itemsOf(content: Parameters<typeof readYaml>[0]): YamlNode[] {
    const { documents, problems } = readYaml(content);
    for (const { message, place } of problems)
      this.#findings.error("LOAD_ERR_YAML_PARSE", message, this.#context.chain, { place });
    return documents.flatMap((root) => (root.kind === "sequence" ? root.items : []));
  }

  /** The last key of the path if it names a file, else the object's or the file's name. */
  #nameOf(path: string, root: YamlMapping): string {
    const file = /"([^"]+\.ya?ml)"$/.exec(path)?.[1];
    return objectName(file ?? textAt(root, "metadata", "name") ?? this.#file.name);
  }
}
