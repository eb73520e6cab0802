import { MANAGERS } from '../../../src/secrets/managers/registry.ts';
import {
  type DoubleAnswer,
  type DoubleRequest,
  startManagerDouble,
} from '../../support/https-manager.ts';
import { providerDeps } from '../../support/provider-deps.ts';
import { WatchedCredentials } from '../../support/watched-credentials.ts';
import type { ManagerFault, ManagerStage } from '../secret-manager.stage.ts';
import { credentialFile } from './credential.ts';

const HOST = 'connect.example';
const TOKEN = 'token-of-the-connect-server';
const VAULT = 'abcdefghijklmnopqrstuvwxyz';
const ITEMS = `/v1/vaults/${VAULT}/items`;

interface Item {
  readonly id: string;
  readonly title: string;
  readonly version: number;
  readonly fields: readonly object[];
}

/** A double of the server, which cannot be installed without an account. */
export function onePasswordStage(): ManagerStage {
  return {
    impossible: {
      binary: 'fields are text',
      sealed: 'a Connect server has no such state',
    },
    open: async ({ clock, cacheFor }) => {
      const items: Item[] = [item('twin', 1), item('twin', 2)];
      const watched = new WatchedCredentials([TOKEN]);
      const double = await startManagerDouble({
        watched,
        host: HOST,
        isSecret: ({ url }) => url.startsWith(`${ITEMS}?`),
        answer: (request, fault) => answer(request, fault, items),
        denied: { status: 403, body: { status: 403, message: 'vault is not in scope' } },
      });
      const options = {
        url: `https://${HOST}`,
        caFile: credentialFile(double.caPem),
        tokenFile: credentialFile(TOKEN),
        vault: VAULT,
        cacheFor,
      };
      const mount = MANAGERS['onepassword-connect'].mount(options);
      const { connect } = double;
      const deps = providerDeps({ clock, connect, protect: watched.protect });
      return {
        manager: await mount.open(deps),
        path: ['salesforce', 'password'],
        other: ['another', 'password'],
        missingKey: ['salesforce', 'pin'],
        refused: [['salesforce'], ['twin', 'password'], ['salesforce', 'login', 'password']],
        put: async ([title = ''], value) => {
          const index = items.findIndex((each) => each.title === title);
          const version = (items[index]?.version ?? 2) + 1;
          if (index >= 0) items.splice(index, 1);
          if (value !== undefined) items.push(item(title, version, String(value)));
        },
        mounted: { type: 'onepassword-connect', options, server: double },
        fail: double.fail,
        requests: double.requests,
        watched,
      };
    },
  };
}

/** Two fields are called pin, so neither of them can be meant. */
function item(title: string, version: number, value = 'of another'): Item {
  const field = (id: string, label: string, text: string | undefined): object => ({
    id,
    label,
    ...(text === undefined ? {} : { value: text }),
  });
  return {
    id: Buffer.from(`${title}-${version}`).toString('hex').padEnd(26, '0').slice(0, 26),
    title,
    version,
    fields: [
      field('password', 'password', value),
      field('one', 'pin', value),
      field('two', 'pin', value),
      field('notes', 'notesPlain', undefined),
    ],
  };
}

function answer(
  { url, headers }: DoubleRequest,
  fault: ManagerFault | undefined,
  items: readonly Item[],
): DoubleAnswer {
  if (headers.authorization !== `Bearer ${TOKEN}` || fault === 'rejected')
    return { status: 401, body: { status: 401, message: 'Invalid token signature' } };
  if (url === `/v1/vaults/${VAULT}`) return { status: 200, body: { id: VAULT } };
  const { pathname, searchParams } = new URL(url, `https://${HOST}`);
  if (pathname === ITEMS) {
    const title = /^title eq "(?<title>.*)"$/.exec(searchParams.get('filter') ?? '');
    const found = items.filter((each) => each.title === title?.groups?.['title']);
    return { status: 200, body: found.map(({ id, title: name }) => ({ id, title: name })) };
  }
  const found = items.find(({ id }) => pathname === `${ITEMS}/${id}`);
  return found === undefined ? { status: 404, body: {} } : { status: 200, body: found };
}
