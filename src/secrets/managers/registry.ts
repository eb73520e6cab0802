import { commandManager } from './command.ts';
import { mountable, type MountableKind } from './mountable.ts';

/** Every kind of secret manager, by the name that a mount has as its `provider`. */
const KINDS = {
  command: mountable('command', commandManager),
} as const;

export type ManagerType = keyof typeof KINDS;
export const MANAGER_TYPES = Object.keys(KINDS) as readonly ManagerType[];
export const MANAGERS: Readonly<Record<ManagerType, MountableKind>> = KINDS;
