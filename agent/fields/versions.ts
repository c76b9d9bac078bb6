/** What we answer to: public rules files ask for an engine and plugins. */

/** The engine that we answer as to required_engine_version. */
export const engineVersion = [0, 63, 0] as const;

/** Plugins whose fields and sources are built in. Public files ask for at least these versions. */
export const plugins: ReadonlyMap<string, string> = new Map([
  ["container", "0.7.1"],
  ["k8saudit", "0.18.0"],
  ["json", "0.7.4"],
  ["k8smeta", "0.4.1"],
]);
