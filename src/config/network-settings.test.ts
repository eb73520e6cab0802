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

describe('the certificates trusted', () => {
  it('for a control plane with a CA of its own are those of that CA alone', async () => {
    expect(
      await controlPlaneNetwork({ network, controlPlane: { ...controlPlane, caFile } }),
    ).toMatchObject({ publicCas: false, extraCa: [expect.stringContaining('BEGIN CERTIFICATE')] });
  });

  it('for a control plane without one are public', async () => {
    expect(await controlPlaneNetwork({ network, controlPlane })).toMatchObject({
      publicCas: true,
      extraCa: [],
    });
  });

  it('for sources are public, and the private one beside them', async () => {
    expect(await sourceNetwork({ network: { ...network, caFile } })).toMatchObject({
      publicCas: true,
      extraCa: [expect.stringContaining('BEGIN CERTIFICATE')],
    });
  });

  it('need a file that holds some', async () => {
    writeFileSync(join(directory, 'empty'), 'nothing');
    await expect(
      sourceNetwork({ network: { ...network, caFile: join(directory, 'empty') } }),
    ).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});
