import type tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { createAuthority, selfSigned, type Leaf } from '../../../test/support/certificates.ts';
import type { RunnerError } from '../runtime/errors.ts';
import {
  ENDPOINT,
  failure,
  HOST,
  NetworkPeers,
  toPort,
  withTls,
} from '../../../test/support/network-peers.ts';
import { createConnect } from './open.ts';

const peers = new NetworkPeers();

describe.each(['direct', 'http proxy', 'https proxy'] as const)(
  'createConnect with TLS, %s',
  (way) => {
    async function attempt(leaf: Leaf, tlsOptions: tls.TlsOptions = {}): Promise<RunnerError> {
      const port = await peers.serveTls(leaf, tlsOptions);
      const before = peers.bytesReceived;
      const proxy =
        way === 'direct'
          ? undefined
          : await peers.openProxy(way === 'https proxy' ? { leaf: peers.certificate } : {});
      const scheme = way === 'https proxy' ? 'https' : 'http';
      const connect = createConnect(
        peers.settings({
          connectTo: toPort(port),
          proxy: proxy === undefined ? undefined : `${scheme}://127.0.0.1:${proxy.port}`,
        }),
      );
      const error = await failure(connect(ENDPOINT, withTls()));
      expect(peers.bytesReceived).toBe(before);
      return error;
    }

    it('rejects a self-signed certificate', async () => {
      expect(await attempt(await selfSigned([HOST]))).toMatchObject({
        code: 'TLS_UNTRUSTED',
        message: expect.stringContaining('SELF_SIGNED') as string,
      });
    });
    it('rejects a certificate for another host', async () => {
      expect(
        await attempt(
          await peers.authority.issue([
            'acme.my.salesforce.com.evil.example',
            'evilacme.my.salesforce.com',
          ]),
        ),
      ).toMatchObject({
        code: 'TLS_UNTRUSTED',
        message: expect.stringContaining('ALTNAME') as string,
      });
    });
    it('rejects an expired certificate', async () => {
      expect(
        await attempt(await peers.authority.issue([HOST], { fromDays: -9, untilDays: -1 })),
      ).toMatchObject({
        code: 'TLS_UNTRUSTED',
        message: expect.stringContaining('EXPIRED') as string,
      });
    });
    it('rejects a certificate that is not valid yet', async () => {
      expect(await attempt(await peers.authority.issue([HOST], { fromDays: 1 }))).toMatchObject({
        code: 'TLS_UNTRUSTED',
        message: expect.stringContaining('NOT_YET_VALID') as string,
      });
    });
    it('rejects a certificate of an unknown CA', async () => {
      expect((await attempt(await (await createAuthority('Other CA')).issue([HOST]))).code).toBe(
        'TLS_UNTRUSTED',
      );
    });
    it('rejects TLS 1.1', async () => {
      expect(
        (
          await attempt(peers.certificate, {
            minVersion: 'TLSv1.1',
            maxVersion: 'TLSv1.1',
            ciphers: 'DEFAULT@SECLEVEL=0',
          })
        ).code,
      ).toBe('TLS_UNTRUSTED');
    });
    it('accepts a valid certificate', async () => {
      await expect(attempt(peers.certificate)).rejects.toThrow('it connected');
    });
  },
);
