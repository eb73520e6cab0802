import { z } from 'zod';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { ProviderDeps } from '../../providers/provider-kind.ts';
import { formatReference, type SecretPath } from '../../reference.ts';
import { readCredential } from '../credential-file.ts';
import { createManagerHttp, failureOf, type ManagerResponse } from '../http.ts';
import type { SecretManager, StoredSecret } from '../manager-kind.ts';
import type { OnePasswordOptions } from '../onepassword-connect.ts';

// Invariant: an item is found by its exact title, never by its ID, and a field by its exact label,
// so that a value has one reference. A title or label that several have finds none of them.

const ID = /^[a-z0-9]{26}$/;
const listSchema = z.array(z.object({ id: z.string().regex(ID), title: z.string() }));
const itemSchema = z.object({
  version: z.int(),
  fields: z
    .array(z.object({ label: z.string().default(''), value: z.string().optional() }))
    .default([]),
});

export async function openOnePassword(
  { url, caFile, tokenFile, vault }: OnePasswordOptions,
  deps: ProviderDeps,
): Promise<SecretManager> {
  const http = createManagerHttp({ origin: url, caFile }, deps);
  const base = `/v1/vaults/${vault}`;
  const get = async (path: string, signal: AbortSignal): Promise<ManagerResponse> => {
    const token = await readCredential(tokenFile, 'private');
    deps.protect(token);
    const headers = { authorization: `Bearer ${token}` };
    const response = await http({ method: 'GET', path, headers }, signal);
    if (response.status !== 200) throw failureOf(response, 'a read');
    return response;
  };
  return {
    where: (name) => `${url}${base}, item ${titleOf(name)}`,
    check: async (signal) => void (await get(base, signal)),
    fetch: async (name, signal) => {
      const title = titleOf(name);
      const filter = encodeURIComponent(`title eq "${title}"`);
      const found = parse(listSchema, await get(`${base}/items?filter=${filter}`, signal));
      const [item, second] = found.filter((each) => each.title === title);
      if (item === undefined) return undefined;
      if (second !== undefined)
        throw new RunnerError(
          'SECRET_UNAVAILABLE',
          `several items of the vault have the title ${title}; rename all but one`,
        );
      return storedIn(item.id, await get(`${base}/items/${item.id}`, signal));
    },
  };
}

/** Titles that a reference can have contain no slash. */
function titleOf(name: SecretPath): string {
  const [title, ...more] = name;
  if (title !== undefined && more.length === 0) return title;
  throw new RunnerError(
    'SECRET_UNAVAILABLE',
    `${formatReference(name)} is not the title of an item; below this mount, a reference is the title of an item and the label of a field`,
  );
}

function storedIn(id: string, response: ManagerResponse): StoredSecret {
  const parsed = itemSchema.safeParse(response.json());
  if (!parsed.success)
    throw new RunnerError('SECRET_VALUE_UNUSABLE', 'the response is not an item with fields');
  const { fields, version } = parsed.data;
  const counts = new Map<string, number>();
  for (const { label } of fields) counts.set(label, (counts.get(label) ?? 0) + 1);
  return {
    content: new Map(
      fields.flatMap(({ label, value }) =>
        value !== undefined && counts.get(label) === 1 ? [[label, value] as const] : [],
      ),
    ),
    version: `item ${id} ${version}`,
  };
}

function parse<T>(schema: z.ZodType<T>, response: ManagerResponse): T {
  const parsed = schema.safeParse(response.json());
  if (parsed.success) return parsed.data;
  throw new RunnerError('SECRET_PROVIDER_FAILED', 'the response is not from a Connect server');
}
