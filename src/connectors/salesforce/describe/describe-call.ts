import type { SalesforceApi } from '../api/api.ts';
import { readComposite, type PartAnswer } from '../api/composite.ts';
import { incomplete } from '../api/pages.ts';
import { rejection } from '../api/rejection.ts';
import { RunnerError } from '../errors/errors.ts';
import { DeferredDescribe } from './deferred-describe.ts';
import { DescribePack, type Unpacker } from './describe-pack.ts';
import type { ListedObject } from './object-list.ts';
import { FIELD_MEMBERS } from './sobject-field.ts';

/** The outcome for one object. */
export type DescribeOutcome =
  | { readonly listed: ListedObject; readonly describe: DeferredDescribe }
  | { readonly listed: ListedObject; readonly unchanged: true }
  | { readonly listed: ListedObject; readonly error: RunnerError };

export interface DescribeCallOptions {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly since: (object: ListedObject) => string | undefined;
  /** Calls that the objects described so far still need. */
  readonly reserved: () => number;
  readonly unpacker: Unpacker;
}

/** Calls that must remain for what follows a describe besides those that are reserved. */
const HEADROOM = 12;
/** Only if so many calls are left may one be made earlier, or one more, to end sooner. */
export const CALLS_TO_SPARE = HEADROOM + 8;

/**
 * Fields stay bytes until they are needed. Child relationships are most of some describe results
 * and are read from the other side.
 */
const CUT = { extract: 'fields', wanted: FIELD_MEMBERS, drop: ['childRelationships'] } as const;

/** Describes up to 25 objects in one call. Throws what the call throws. */
export async function describeCall(
  batch: readonly ListedObject[],
  { api, version, since, reserved, unpacker }: DescribeCallOptions,
  signal: AbortSignal,
): Promise<readonly DescribeOutcome[]> {
  const parts = batch.map((object, index) => ({
    referenceId: `o${index}`,
    url: `/services/data/v${version}/sobjects/${encodeURIComponent(object.name)}/describe`,
    since: since(object),
  }));
  const pack = new DescribePack(unpacker);
  const answers = await readComposite(
    api,
    {
      path: `/services/data/v${version}/composite`,
      parts,
      what: `describe of ${batch.length === 1 ? batch[0]!.name : `${batch.length} objects`}`,
      cut: CUT,
      headroom: HEADROOM + reserved(),
      mayLack: true,
    },
    (answer) => {
      const index = Number(answer.referenceId.slice(1));
      return outcomeOf(batch[index]!, parts[index]!.since !== undefined, answer, pack);
    },
    signal,
  );
  pack.close();
  return batch.map((listed, index) => answers.get(`o${index}`) ?? unanswered(listed));
}

function outcomeOf(
  listed: ListedObject,
  conditional: boolean,
  answer: PartAnswer,
  pack: DescribePack,
): DescribeOutcome {
  const what = `describe of ${listed.name}`;
  if (answer.status === 304)
    return conditional
      ? { listed, unchanged: true }
      : { listed, error: incomplete(what, 'unchanged, but requested unconditionally') };
  if (answer.status !== 200) return { listed, error: rejection(answer.status, answer.body, what) };
  try {
    return { listed, describe: new DeferredDescribe(answer, listed.name, pack) };
  } catch (thrown) {
    return { listed, error: RunnerError.from(thrown) };
  }
}

function unanswered(listed: ListedObject): DescribeOutcome {
  return {
    listed,
    error: incomplete(`describe of ${listed.name}`, 'the call returned no result for it'),
  };
}
