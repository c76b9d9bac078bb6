/** docs/fields.md and docs/events.md, from the catalogue. */
import { eventsPage } from "../../agent/cli/catalogue/events-pages.ts";
import { fieldsPage, sourcesOf } from "../../agent/cli/catalogue/fields-pages.ts";
import { buildCatalogue } from "../../agent/fields/index.ts";

const catalogue = buildCatalogue();

/** The page about fields. */
export function fieldsDocument(): string {
  return fieldsPage(sourcesOf(catalogue)!);
}

/** The page about events. */
export function eventsDocument(): string {
  return eventsPage(catalogue.events);
}
