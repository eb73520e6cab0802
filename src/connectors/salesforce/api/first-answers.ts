import { queryMany, type QueryTarget } from './query-many.ts';

/**
 * The answers to queries that different readers need, requested together at once. An answer that
 * did not come, or that its reader cannot use, is for the reader to request alone: this never
 * fails, and retries nothing for a single query.
 */
export class FirstAnswers {
  readonly #bodies: Promise<Map<string, unknown>>;

  constructor(target: QueryTarget, queries: readonly string[], signal: AbortSignal) {
    this.#bodies = bodiesOf(target, queries, signal).catch(() => new Map());
  }

  /** The body of the answer, once; undefined if there is none. */
  async take(query: string): Promise<unknown> {
    const bodies = await this.#bodies;
    const body = bodies.get(query);
    bodies.delete(query);
    return body;
  }
}

async function bodiesOf(
  target: QueryTarget,
  queries: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, unknown>> {
  const answers = await queryMany(
    target,
    queries,
    ({ index, status, body }) => [queries[index]!, status === 200 ? body : undefined] as const,
    signal,
  );
  return new Map(answers);
}
