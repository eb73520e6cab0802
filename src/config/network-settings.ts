import { readFile } from 'node:fs/promises';
import type { NetworkSettings } from '../network/connect.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { RunnerConfig } from './runner-config.ts';

/** For connections to sources. Reads the CA file; throws FILE_UNREADABLE when that is not PEM. */
export async function sourceNetwork({ network }: Pick<RunnerConfig, 'network'>): Promise<NetworkSettings> {
  return { connectTo: network.connectTo, proxy: network.proxy, noProxy: network.noProxy, extraCa: await readCas(network.caFile) };
}

/** For connections to the control plane, which may have a private CA of its own. */
export async function controlPlaneNetwork(config: Pick<RunnerConfig, 'network' | 'controlPlane'>): Promise<NetworkSettings> {
  const settings = await sourceNetwork(config);
  return { ...settings, extraCa: [...settings.extraCa, ...await readCas(config.controlPlane.caFile)] };
}

async function readCas(path: string | undefined): Promise<readonly string[]> {
  if (path === undefined) return [];
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    throw new RunnerError('FILE_UNREADABLE', `the CA file ${path} cannot be read`, { cause: thrown });
  }
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g);
  if (certificates === null) throw new RunnerError('FILE_UNREADABLE', `the CA file ${path} holds no certificate in PEM form`);
  return certificates;
}
