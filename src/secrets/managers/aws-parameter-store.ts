import { awsKind, type AwsOptions } from './aws/options.ts';
import { managerKind } from './manager-kind.ts';

export const awsParameterStore = managerKind<AwsOptions>({
  title: 'AWS Systems Manager Parameter Store',
  ...awsKind('ssm'),
  open: async (options, deps) => {
    const { openParameterStore } = await import('./aws/parameter-store.ts');
    return openParameterStore(options, deps);
  },
});
