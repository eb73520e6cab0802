import type { RunMemory } from '../../src/connectors/connector.ts';

/** Remembers from run to run what a file would. */
export class ConnectorMemory implements RunMemory {
  state: unknown;
  /** Names of entities whose records are said not to have been written. */
  readonly withheld = new Set<string>();

  recall<State>(read: (kept: unknown) => State | undefined): Promise<State | undefined> {
    return Promise.resolve(read(this.state));
  }

  keep(state: unknown): void {
    this.state = JSON.parse(JSON.stringify(state ?? null));
  }

  isWithheld(fqn: string): boolean {
    return this.withheld.has(fqn);
  }
}
