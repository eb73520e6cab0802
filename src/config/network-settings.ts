import { readFile } from 'node:fs/promises';
import type { NetworkSettings } from '../../foundation/src/network/connect.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { RunnerConfig } from './runner-config.ts';

/**
 * For connections to sources. Reads the CA file. Throws FILE_UNREADABLE, also for a file without
 * PEM certificates.
 */
export async function sourceNetwork({
  network,
}: Pick<RunnerConfig, 'network'>): Promise<NetworkSettings> {
  return {
    connectTo: network.connectTo,
    proxy: network.proxy,
    noProxy: network.noProxy,
    extraCa: await readCas(network.caFile),
    publicCas: true,
  };
}

/**
 * For connections to the control plane. With its own CA, no public CA is trusted: a public
 * certificate for its name is not enough to impersonate it. (A long-lived process also saves the
 * memory of some 300 certificates.)
 */
export async function controlPlaneNetwork(
  config: Pick<RunnerConfig, 'network' | 'controlPlane'>,
): Promise<NetworkSettings> {
  return withOwnCa(config, config.controlPlane.caFile);
}

/** For connections to a server with a CA of its own: no public CA is trusted for it either. */
export async function withOwnCa(
  config: Pick<RunnerConfig, 'network'>,
  caFile: string | undefined,
): Promise<NetworkSettings> {
  const settings = await sourceNetwork(config);
  const own = await readCas(caFile);
  return { ...settings, extraCa: [...settings.extraCa, ...own], publicCas: own.length === 0 };
}

async function readCas(path: string | undefined): Promise<readonly string[]> {
  if (path === undefined) return [];
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    throw new RunnerError('FILE_UNREADABLE', `failed to read CA file ${path}`, {
      cause: thrown,
    });
  }
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g);
  if (certificates === null)
    throw new RunnerError('FILE_UNREADABLE', `CA file ${path} contains no PEM certificate`);
  return certificates;
}
