import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../test/support/certificates.ts';
import { controlPlaneNetwork, sourceNetwork } from './network-settings.ts';

const directory = mkdtempSync(join(tmpdir(), 'network-'));
const caFile = join(directory, 'ca.pem');
const network = { connectTo: [], proxy: undefined, noProxy: [], caFile: undefined };
const controlPlane = { url: undefined, channel: 'auto', caFile: undefined } as const;

beforeAll(async () => writeFileSync(caFile, (await createAuthority()).caPem));
afterAll(() => rmSync(directory, { recursive: true }));

describe('trusted certificates', () => {
  it('are only those of the control plane’s own CA, if it has one', async () => {
    expect(
      await controlPlaneNetwork({ network, controlPlane: { ...controlPlane, caFile } }),
    ).toMatchObject({ publicCas: false, extraCa: [expect.stringContaining('BEGIN CERTIFICATE')] });
  });

  it('are the public ones for a control plane without its own CA', async () => {
    expect(await controlPlaneNetwork({ network, controlPlane })).toMatchObject({
      publicCas: true,
      extraCa: [],
    });
  });

  it('are the public ones and the private one for sources', async () => {
    expect(await sourceNetwork({ network: { ...network, caFile } })).toMatchObject({
      publicCas: true,
      extraCa: [expect.stringContaining('BEGIN CERTIFICATE')],
    });
  });

  it('require a file with certificates', async () => {
    writeFileSync(join(directory, 'empty'), 'nothing');
    await expect(
      sourceNetwork({ network: { ...network, caFile: join(directory, 'empty') } }),
    ).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});
