import type { ConnectorContext } from '../../connector.ts';

/** An option that asks for more than metadata, and what the local policy says of it. */
interface Permission {
  readonly option: string;
  readonly granted: (limits: ConnectorContext['limits']) => boolean;
  readonly notice: string;
}

const PERMISSIONS: readonly Permission[] = [
  {
    option: 'sampleRows',
    granted: ({ sampleRows }) => sampleRows,
    notice:
      'Sample rows are asked for and none is read: the local policy does not say "salesforce: {sampleRows: allow}"',
  },
  {
    option: 'includeDDL',
    granted: ({ codeText }) => codeText,
    notice:
      'The text of code is asked for and not read: the local policy does not say "salesforce: {codeText: allow}"',
  },
  {
    option: 'profile',
    granted: ({ profile }) => profile,
    notice:
      'Profiles of columns are requested but not computed: the local policy does not say "salesforce: {profile: allow}"',
  },
  {
    option: 'includeOwners',
    granted: ({ owners }) => owners,
    notice:
      'Business owners are requested but not read: the local policy does not say "salesforce: {owners: allow}"',
  },
];

/**
 * The job as far as the local policy permits it, with a line in the run's log for each option that it takes away. All that
 * follows sees this job alone, so nothing in a job can bring back what the policy has taken out of it.
 */
export function permittedJob(context: ConnectorContext): ConnectorContext {
  const { workflow, limits, logger } = context;
  const { source } = workflow;
  const { config } = source.sourceConfig;
  const denied = PERMISSIONS.filter(
    ({ option, granted }) => isAsked(config[option]) && !granted(limits),
  );
  if (denied.length === 0) return context;
  for (const { notice } of denied) logger.log('warn', notice);
  const permitted = Object.fromEntries(
    Object.entries(config).filter(([name]) => denied.every(({ option }) => option !== name)),
  );
  return {
    ...context,
    workflow: { ...workflow, source: { ...source, sourceConfig: { config: permitted } } },
  };
}

function isAsked(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}
