import { readFile } from 'node:fs/promises';
import type { NetworkSettings } from '../network/connect.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { RunnerConfig } from './runner-config.ts';

/** For connections to sources. Reads the CA file; throws FILE_UNREADABLE when that is not PEM. */
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
 * For connections to the control plane. One that has a CA of its own is held to it: who can get a public certificate
 * for its name cannot stand in for it. (It also saves a long-lived process from parsing some 300 certificates.)
 */
export async function controlPlaneNetwork(
  config: Pick<RunnerConfig, 'network' | 'controlPlane'>,
): Promise<NetworkSettings> {
  const settings = await sourceNetwork(config);
  const own = await readCas(config.controlPlane.caFile);
  return { ...settings, extraCa: [...settings.extraCa, ...own], publicCas: own.length === 0 };
}

async function readCas(path: string | undefined): Promise<readonly string[]> {
  if (path === undefined) return [];
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    throw new RunnerError('FILE_UNREADABLE', `the CA file ${path} cannot be read`, {
      cause: thrown,
    });
  }
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g);
  if (certificates === null)
    throw new RunnerError(
      'FILE_UNREADABLE',
      `the CA file ${path} holds no certificate in PEM form`,
    );
  return certificates;
}
