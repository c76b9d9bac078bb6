/** A rule's output with what the settings append to it (outputs.md 1 and 2.1). */
import type { SourceCatalogue } from "../catalogue.ts";
import type { Findings } from "../diagnostics/collector.ts";
import type { ErrorFinding, Location } from "../diagnostics/finding.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { AppendOutput } from "../options.ts";
import { OutputError } from "../output/error.ts";
import { deprecatedInOutput, parseOutput, parseOutputField } from "../output/parse.ts";
import type { OutputPlan } from "../plan.ts";
import { MappedText } from "./mapped-text.ts";
import type { FilePlace } from "./source-text.ts";
import type { RuleEntry } from "./tables.ts";
import { placeOf } from "./yaml-tree.ts";

const containerInfo = "%container.info";
const containerInfoHelp =
  "leave it out: fields of the container and the pod are appended by themselves (suggested_output)";

/** True where an entry of append_output is for a rule. */
function matches({ match }: AppendOutput, rule: RuleEntry): boolean {
  if (match === undefined) return true;
  if (match.source !== undefined && match.source !== "" && match.source !== rule.source) return false;
  if (match.rule !== undefined && match.rule !== "" && match.rule !== rule.name) return false;
  return (match.tags ?? []).every((tag) => rule.tags.has(tag));
}

/** What `suggested_output` appends for a source: ` key=%field` for each field that is suggested. */
function suggested(source: SourceCatalogue): string {
  return source.fields
    .filter((field) => field.suggestedOutput)
    .map((field) => ` ${field.name.replaceAll(".", "_")}=%${field.name}`)
    .join("");
}

function appended(rule: RuleEntry, source: SourceCatalogue, entries: readonly AppendOutput[]): MappedText {
  const parts = [rule.output];
  for (const entry of entries) {
    if (entry.suggestedOutput === true) parts.push(MappedText.made(suggested(source), rule.outputNode));
    if (entry.extraOutput !== undefined && entry.extraOutput !== "")
      parts.push(MappedText.made(` ${entry.extraOutput}`, rule.outputNode));
  }
  return MappedText.join(parts);
}

/** The text without the deprecated `%container.info`, each one warned about. */
function withoutContainerInfo(text: MappedText, warn: (at: number, end: number) => void): MappedText {
  const parts: MappedText[] = [];
  let copied = 0;
  for (let at = text.text.indexOf(containerInfo); at >= 0; at = text.text.indexOf(containerInfo, copied)) {
    if (copied === 0) warn(at, at + containerInfo.length);
    parts.push(text.slice(copied, at));
    copied = at + containerInfo.length;
  }
  return parts.length === 0 ? text : MappedText.join([...parts, text.slice(copied)]);
}

type Extra = OutputPlan["extra"][number];

function extraField(
  given: string | { readonly key: string; readonly format: string },
  source: SourceCatalogue,
): Extra {
  if (typeof given === "string") return { kind: "field", field: parseOutputField(given, source) };
  return { kind: "format", key: given.key, tokens: parseOutput(given.format, source).tokens };
}

/**
 * Compiles a rule's output. Mistakes go to `failed`, deprecated things are reported as warnings; undefined where
 * there are mistakes.
 */
export function compileRuleOutput(
  rule: RuleEntry,
  source: SourceCatalogue,
  append: readonly AppendOutput[],
  findings: Findings,
  failed: (error: ErrorFinding) => void,
): OutputPlan | undefined {
  const entries = append.filter((entry) => matches(entry, rule));
  const whole = placeOf(rule.outputNode);
  const chain: Location[] = [...rule.chain, { type: "rule output", name: "", place: whole }];
  const deprecated = (
    message: string,
    extra: { deprecatedField?: string; help?: string },
    place: FilePlace,
  ) => {
    findings.warning("LOAD_DEPRECATED_ITEM", message, chain, { place, ...extra });
  };
  const given = appended(rule, source, entries);
  const text = withoutContainerInfo(given, (at, end) => {
    deprecated(
      "usage of %container.info has been deprecated",
      { help: containerInfoHelp },
      given.placeOf(at, end) ?? whole,
    );
  });
  const attempt = <T>(from: MappedText, make: () => T): T | undefined => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof OutputError)) throw error;
      for (const { code, message, at, end, hint, suggestions } of [error, ...error.others]) {
        const said = [hint, didYouMean(suggestions)].filter((each) => each !== undefined);
        failed({
          code,
          message,
          chain: [
            ...chain,
            { type: "rule output expression", name: `"${text.text.slice(0, 20)}"`, place: whole },
          ],
          place: from.placeOf(at, end) ?? whole,
          ...(said.length === 0 ? {} : { help: said.join("; ") }),
        });
      }
      return undefined;
    }
  };
  const template = attempt(text, () => parseOutput(text.text, source));
  if (template === undefined) return undefined;
  for (const field of deprecatedInOutput(text.text, source)) {
    const at = text.text.indexOf(field);
    deprecated(
      `field '${field}' is deprecated`,
      { deprecatedField: field },
      text.placeOf(at, at + field.length) ?? whole,
    );
  }
  const extra: Extra[] = [];
  for (const given of entries.flatMap((entry) => entry.extraFields ?? [])) {
    const made = attempt(MappedText.made("", rule.outputNode), () => extraField(given, source));
    if (made === undefined) return undefined;
    extra.push(made);
  }
  return { ...template, extra };
}
