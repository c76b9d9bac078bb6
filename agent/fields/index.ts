/** What other rooms use of this one. */
export { buildCatalogue } from "./catalogue.ts";
export { auditReaders, readersOf, syscallReaders } from "./readers.ts";
