import { resolve } from 'node:path';
import type { StoredEndpoint } from '../../store/openmetadata.ts';
import type { Store } from '../../store/store.ts';
import { lastAddress } from './address.ts';
import { descriptionOf, pipelineViewOf, viewOf } from './description.ts';
import {
  AS_GIVEN,
  NOT_STORED,
  ownCaFile,
  serverSettings,
  settingsText,
} from './server-settings.ts';

const CHANGED =
  'In effect for the calls from now on; pool, profiles and sample rows from the next deployment of a pipeline. The settings of the server stay as they are.\n';

export interface PrintOptions {
  readonly data: string;
  readonly json: boolean;
  /** The control plane's address as the server reaches it. */
  readonly url?: string;
}

/** What was done with an endpoint. A generated password is printed, this once. */
export type Done =
  | { readonly what: 'shown' | 'changed' }
  | { readonly what: 'password set'; readonly generated: string | undefined };

/** An endpoint, human-readable with the steps to take at its server, or as JSON. */
export async function printed(
  store: Store,
  { data, json, url }: PrintOptions,
  endpoint: StoredEndpoint,
  done: Done,
): Promise<string> {
  const caFile = ownCaFile(resolve(data));
  const address = url ?? (await lastAddress(store.read));
  const generated = done.what === 'password set' ? done.generated : undefined;
  const password = generated ?? (done.what === 'password set' ? AS_GIVEN : NOT_STORED);
  const settings = serverSettings(endpoint, password, address, caFile !== undefined);
  const pipelines = (await store.read.deployments.ofEndpoint(endpoint.name)).map(pipelineViewOf);
  if (json)
    return toJson({
      ...viewOf(endpoint),
      password: generated,
      caFile,
      serverSettings: settings,
      pipelines,
    });
  const shown = generated === undefined ? '' : `Password (shown once): ${generated}\n`;
  const next = done.what === 'changed' ? CHANGED : settingsText(settings, caFile);
  return `${descriptionOf(endpoint, pipelines)}${shown}\n${next}`;
}

export function toJson(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
