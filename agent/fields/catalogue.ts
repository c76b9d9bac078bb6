/** The real catalogue: every field of every source, the events, the plugins that count as loaded. */
import type { Catalogue, FieldInfo, FieldUse, SourceCatalogue } from "../rules/catalogue.ts";
import { eventCatalogue } from "./event-catalogue.ts";
import { auditGenericFields, jsonFields, kaFields } from "./k8s-audit.ts";
import { neverSet } from "./never-set.ts";
import { resolver, type FieldClass } from "./resolve.ts";
import { commonServicePort } from "./services.ts";
import { staticFields } from "./static.ts";
import { genericFields, pluginFields, syscallFields } from "./syscall-fields.ts";
import { engineVersion, plugins } from "./versions.ts";

export interface CatalogueOptions {
  /** Port of a service name; the default knows common ones. */
  readonly servicePort?: (name: string) => number | undefined;
  /** Setting static_fields. */
  readonly staticFields?: ReadonlyMap<string, string>;
}

/** Builds the catalogue that rules are compiled against. Pure: asks nothing of the machine. */
export function buildCatalogue(options: CatalogueOptions = {}): Catalogue {
  const constants: FieldClass = {
    plugin: false,
    fields: staticFields(options.staticFields ?? new Map<string, string>()),
  };
  const generic: FieldClass = { plugin: false, fields: genericFields };
  const sources = [
    source("syscall", [
      generic,
      { plugin: false, fields: syscallFields },
      constants,
      { plugin: true, fields: pluginFields },
    ]),
    source("k8s_audit", [
      { plugin: false, fields: auditGenericFields },
      constants,
      { plugin: true, fields: [...kaFields, ...jsonFields] },
    ]),
  ];
  return {
    engineVersion,
    plugins,
    sources: new Map(sources.map((each) => [each.name, each])),
    events: eventCatalogue,
    servicePort: options.servicePort ?? commonServicePort,
  };
}

function withNeverSet<F extends FieldInfo>(info: F, source: string): F {
  const message = neverSet(info.name, source);
  return message === undefined ? info : { ...info, neverSet: message };
}

function source(name: string, given: readonly FieldClass[]): SourceCatalogue {
  const classes = given.map(({ plugin, fields }) => ({
    plugin,
    fields: fields.map((info) => withNeverSet(info, name)),
  }));
  const fields = classes.flatMap((each) => each.fields);
  const byName = new Map(fields.map((info) => [info.name, info]));
  return {
    name,
    fields,
    resolve: resolver(classes, (event) => eventCatalogue.codes(event) !== undefined),
    info(use: FieldUse): FieldInfo {
      const info = byName.get(use.name);
      if (info === undefined) throw new Error(`${use.name} is no field of ${name}`);
      return info;
    },
  };
}
