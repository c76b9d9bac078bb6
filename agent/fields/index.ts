/** What other rooms use of this one. */
export { buildCatalogue } from "./catalogue.ts";
export { auditReaders, auditReadersOf, readersOf, syscallReaders } from "./readers.ts";
