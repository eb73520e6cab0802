import { createHash } from 'node:crypto';
import { ControlPlaneError } from '../runtime/errors.ts';
import { canonicalJson } from './canonical-json.ts';
import { parseStored, type Statement } from './parse.ts';

/** What a list shows of a statement, with a digest in place of the workflow. */
export interface StatementSummary extends Omit<Statement, 'workflow'> {
  readonly workflowDigest: string;
}

/** The statements of stored signatures, each read once: a text may have hundreds of kilobytes. */
export class Statements {
  readonly #parse: (jws: string) => Statement;
  #known: ReadonlyMap<string, StatementSummary | undefined> = new Map();

  constructor(parse: (jws: string) => Statement = parseStored) {
    this.#parse = parse;
  }

  /**
   * In the same order, undefined for a text that no runner reads, which an earlier version may have
   * stored. Forgets every other signature.
   */
  ofAll(
    signatures: readonly { readonly jws: string }[],
  ): readonly (StatementSummary | undefined)[] {
    const known = new Map<string, StatementSummary | undefined>();
    const summaries = signatures.map(({ jws }) => {
      const digest = digestOf(jws);
      const summary = this.#known.has(digest) ? this.#known.get(digest) : this.#read(jws);
      known.set(digest, summary);
      return summary;
    });
    this.#known = known;
    return summaries;
  }

  #read(jws: string): StatementSummary | undefined {
    try {
      return summarize(this.#parse(jws));
    } catch (thrown) {
      if (thrown instanceof ControlPlaneError && thrown.code === 'INPUT_INVALID') return undefined;
      throw thrown;
    }
  }
}

export function summarize({ workflow, ...statement }: Statement): StatementSummary {
  return { ...statement, workflowDigest: digestOfWorkflow(workflow) };
}

/** The same for equal documents, whatever the order of their fields. */
export function digestOfWorkflow(workflow: unknown): string {
  return digestOf(canonicalJson(workflow));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
