import { createHash } from 'node:crypto';
import type { BotToken, TokenSource } from '../../../../openmetadata/src/sink/token.ts';

const HIDDEN = '[bot token]';
const VERSION_CHARACTERS = 16;

/** The token of one call, which cannot be printed by accident. */
export function botToken(value: string): BotToken {
  return {
    version: tokenVersion(value),
    reveal: () => value,
    toString: () => HIDDEN,
  } as BotToken;
}

/** Tells one token from another, and reveals nothing about it. */
export function tokenVersion(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, VERSION_CHARACTERS);
}

/**
 * Asks for the newest token at each read, so that a deployment renews it while a run is written.
 */
export function tokenSource(newest: () => Promise<string>): TokenSource {
  return { read: async () => botToken(await newest()) };
}
