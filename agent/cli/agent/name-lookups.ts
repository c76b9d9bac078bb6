/**
 * Resolves the host names of rules, one after the other: the pool that looks names up has four threads, which files
 * need as well. A name that cannot be resolved keeps the addresses that it had.
 */

/** Most names that are looked up; what lies beyond is counted. */
export const MAX_NAMES = 1000;

/** The addresses of a name as text, as getaddrinfo(3) has them. Rejects where there are none. */
export type Lookup = (name: string) => Promise<readonly string[]>;

export class NameLookups {
  /** Names beyond MAX_NAMES, of the last set. */
  beyond = 0;
  private readonly lookup: Lookup;
  private names: readonly string[] = [];
  private readonly addresses = new Map<string, readonly string[]>();
  private running: Promise<void> | undefined;

  constructor(lookup: Lookup) {
    this.lookup = lookup;
  }

  /** Looks up these names from now on, and no others. */
  set(names: readonly string[]): void {
    this.names = names.slice(0, MAX_NAMES);
    this.beyond = names.length - this.names.length;
    for (const name of this.addresses.keys()) if (!this.names.includes(name)) this.addresses.delete(name);
  }

  /** Asks for every name once; a call while it asks waits for it and then asks again. Never rejects. */
  async refresh(): Promise<void> {
    await this.running;
    this.running ??= this.askAll().finally(() => (this.running = undefined));
    await this.running;
  }

  /** Names by address (text), as far as they are known. */
  byAddress(): ReadonlyMap<string, readonly string[]> {
    const found = new Map<string, string[]>();
    for (const [name, addresses] of this.addresses)
      for (const address of addresses) found.set(address, [...(found.get(address) ?? []), name]);
    return found;
  }

  private async askAll(): Promise<void> {
    for (const name of this.names) {
      try {
        this.addresses.set(name, await this.lookup(name));
      } catch {
        continue; // no such name, or nobody answers: what was known of it stands
      }
    }
  }
}
