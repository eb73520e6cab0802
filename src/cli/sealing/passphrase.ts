import { parsePassphrase } from '../../sealing/key-source.ts';
import type { SealingKey } from '../../sealing/sealed.ts';
import { promptHidden } from '../secret-input.ts';
import type { Terminal } from '../terminal.ts';

/** Throws SEALING_KEY_WRONG, or the signal's reason. */
export async function askForPassphrase(
  terminal: Terminal,
  signal: AbortSignal,
): Promise<SealingKey> {
  const text = await promptHidden(terminal, 'Passphrase of the sealed keys: ', signal);
  return parsePassphrase(text, 'the passphrase');
}
