import type { StateStore } from '../../src/connectors/connector.ts';

/** Keeps the state of a run for the next, as a file does. */
export class InMemoryStateStore implements StateStore {
  state: unknown;
  /** Names of entities whose records could not be written. */
  readonly withheld = new Set<string>();

  load<State>(read: (stored: unknown) => State | undefined): Promise<State | undefined> {
    return Promise.resolve(read(this.state));
  }

  save(state: unknown): void {
    this.state = JSON.parse(JSON.stringify(state ?? null));
  }

  isWithheld(fqn: string): boolean {
    return this.withheld.has(fqn);
  }
}
