import { MANAGER_TYPES, type ManagerType } from '../../src/secrets/managers/registry.ts';
import { secretManagerFaults } from './secret-manager-faults.contract.ts';
import { secretManagerContract } from './secret-manager.contract.ts';
import type { ManagerStage } from './secret-manager.stage.ts';
import { awsStage } from './secret-managers/aws.ts';
import { azureStage } from './secret-managers/azure.ts';
import { commandStage } from './secret-managers/command.ts';
import { googleStage } from './secret-managers/google.ts';
import { hashicorpVaultStage } from './secret-managers/hashicorp-vault.ts';
import { kubernetesStage } from './secret-managers/kubernetes.ts';
import { onePasswordStage } from './secret-managers/onepassword-connect.ts';

/** Every registered manager needs an entry: the compiler rejects a missing one. */
const STAGES: Readonly<Record<ManagerType, Readonly<Record<string, ManagerStage>>>> = {
  'aws-parameter-store': {
    'the Parameter Store of AWS, by environment': awsStage(
      'aws-parameter-store',
      'environment',
      'text',
    ),
  },
  'aws-secrets-manager': {
    'AWS Secrets Manager, by web identity': awsStage('aws-secrets-manager', 'web-identity', 'text'),
    'AWS Secrets Manager with keys, by instance role': awsStage(
      'aws-secrets-manager',
      'instance-role',
      'json',
    ),
    'AWS Secrets Manager, by profile': awsStage('aws-secrets-manager', 'profile', 'text'),
  },
  'azure-key-vault': {
    'Azure Key Vault, by client secret': azureStage('client-secret', 'text'),
    'Azure Key Vault, by certificate': azureStage('client-certificate', 'text'),
    'Azure Key Vault, by workload identity': azureStage('workload-identity', 'text'),
    'Azure Key Vault with keys, by managed identity': azureStage('managed-identity', 'json'),
  },
  'hashicorp-vault': {
    'Vault with a token and version 1': hashicorpVaultStage('token', '1'),
    'Vault with AppRole': hashicorpVaultStage('approle', '2'),
    'Vault with a service account': hashicorpVaultStage('kubernetes', '2'),
    'Vault with a certificate': hashicorpVaultStage('certificate', '2'),
  },
  kubernetes: { 'Kubernetes by its API': kubernetesStage() },
  'onepassword-connect': { '1Password Connect': onePasswordStage() },
  command: {
    'a program that prints a value': commandStage('text'),
    'a program that prints an object': commandStage('json'),
  },
  'google-secret-manager': {
    'Google Secret Manager, by service account': googleStage('service-account', 'text'),
    'Google Secret Manager, by federation': googleStage('federation', 'text'),
    'Google Secret Manager with keys, by metadata': googleStage('metadata', 'json'),
  },
};

for (const type of MANAGER_TYPES)
  for (const [title, stage] of Object.entries(STAGES[type])) {
    secretManagerContract(title, stage);
    secretManagerFaults(title, stage);
  }
