import { awsKind, type AwsOptions } from './aws/options.ts';
import { managerKind } from './manager-kind.ts';

export const awsSecretsManager = managerKind<AwsOptions>({
  title: 'AWS Secrets Manager',
  ...awsKind('secretsmanager'),
  open: async (options, deps) => {
    const { openSecretsManager } = await import('./aws/secrets-manager.ts');
    return openSecretsManager(options, deps);
  },
});
