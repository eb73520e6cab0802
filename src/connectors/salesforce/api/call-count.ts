import type { ConnectorContext } from '../../connector.ts';

/** Calls that count toward the org's allocation. */
export class CallCount {
  readonly #context: Pick<ConnectorContext, 'count'>;
  readonly #onChange: () => void;
  charged = 0;
  underWay = 0;

  constructor(context: Pick<ConnectorContext, 'count'>, onChange: () => void = () => undefined) {
    this.#context = context;
    this.#onChange = onChange;
  }

  sent(): void {
    this.underWay += 1;
    this.#onChange();
  }

  ended(charged: boolean): void {
    this.underWay -= 1;
    if (charged) {
      this.charged += 1;
      this.#context.count('apiCalls', 1);
    }
    this.#onChange();
  }
}
