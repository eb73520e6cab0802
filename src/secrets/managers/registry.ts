import { awsParameterStore } from './aws-parameter-store.ts';
import { awsSecretsManager } from './aws-secrets-manager.ts';
import { azureKeyVault } from './azure-key-vault.ts';
import { commandManager } from './command.ts';
import { googleSecretManager } from './google-secret-manager.ts';
import { hashicorpVaultManager } from './hashicorp-vault.ts';
import { kubernetesManager } from './kubernetes.ts';
import { mountable, type MountableKind } from './mountable.ts';
import { onePasswordManager } from './onepassword-connect.ts';

/** Every kind of secret manager, by the name that a mount has as its `provider`. */
const KINDS = {
  'aws-parameter-store': mountable('aws-parameter-store', awsParameterStore),
  'aws-secrets-manager': mountable('aws-secrets-manager', awsSecretsManager),
  'azure-key-vault': mountable('azure-key-vault', azureKeyVault),
  'hashicorp-vault': mountable('hashicorp-vault', hashicorpVaultManager),
  kubernetes: mountable('kubernetes', kubernetesManager),
  'onepassword-connect': mountable('onepassword-connect', onePasswordManager),
  command: mountable('command', commandManager),
  'google-secret-manager': mountable('google-secret-manager', googleSecretManager),
} as const;

export type ManagerType = keyof typeof KINDS;
export const MANAGER_TYPES = Object.keys(KINDS) as readonly ManagerType[];
export const MANAGERS: Readonly<Record<ManagerType, MountableKind>> = KINDS;
