import { join } from 'node:path';
import { z } from 'zod';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

const Settings = z.strictObject({
  version: z.literal(1),
  runnerId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/),
  /** Name of the runner, chosen at enrollment. */
  name: z.string().min(1).max(200),
  /** wss://host:port */
  controlPlaneUrl: z.string().min(1),
  /** Raw Ed25519 public key in base64. Ties this document to the key file. */
  publicKey: z.string().length(44),
  enrolledAt: z.iso.datetime(),
});

/** Result of an enrollment. Holds no secret. */
export type Settings = Readonly<z.infer<typeof Settings>>;

/** The settings file in the state directory (settings.json, mode 0600). */
export interface SettingsStore {
  readonly path: string;
  /** Undefined before enrollment. Throws FILE_UNREADABLE for an invalid file. */
  read(): Settings | undefined;
  /** Replaces the file atomically. */
  write(settings: Settings): void;
}

export function settingsPath(stateDir: string): string {
  return join(stateDir, 'settings.json');
}

/**
 * Parses the text of the settings file. Readers use this and do not load the module that writing
 * needs. Throws FILE_UNREADABLE.
 */
export function parseSettings(path: string, text: string | undefined): Settings | undefined {
  return text === undefined ? undefined : parse(path, deserialize(text));
}

/** The text of the settings file. */
export function encodeSettings(settings: Settings): string {
  return JSON.stringify(Settings.parse(settings), undefined, '\t');
}

export async function openSettings(stateDir: string): Promise<SettingsStore> {
  const { default: Conf } = await import('conf');
  const conf = new Conf<Record<string, unknown>>({
    cwd: stateDir,
    configName: 'settings',
    configFileMode: 0o600,
    projectName: 'hybrid-ingestion-runner',
    accessPropertiesByDotNotation: false,
    clearInvalidConfig: false,
    deserialize,
  });
  return {
    path: conf.path,
    read: () => parse(conf.path, conf.store),
    write: (settings) => {
      conf.store = Settings.parse(settings);
    },
  };
}

/** Returns a marker for a damaged file, so that it can be rejected, or replaced on purpose. */
function deserialize(text: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    return { damaged: true };
  }
}

function parse(path: string, stored: Record<string, unknown>): Settings | undefined {
  if (Object.keys(stored).length === 0) return undefined;
  const result = Settings.safeParse(stored);
  if (result.success) return result.data;
  throw new RunnerError(
    'FILE_UNREADABLE',
    `invalid settings file ${path}: ${z.prettifyError(result.error)}`,
    { remedy: 'Enroll again with --replace.' },
  );
}
