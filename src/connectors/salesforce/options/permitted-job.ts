import type { ConnectorContext } from '../../connector.ts';

/** An option for data beyond metadata, which the local policy must allow. */
interface Permission {
  readonly option: string;
  readonly granted: (limits: ConnectorContext['limits']) => boolean;
  readonly notice: string;
}

const PERMISSIONS: readonly Permission[] = [
  {
    option: 'sampleRows',
    granted: ({ sampleRows }) => sampleRows,
    notice: 'sample rows denied: the local policy does not set "salesforce: {sampleRows: allow}"',
  },
  {
    option: 'includeDDL',
    granted: ({ codeText }) => codeText,
    notice: 'source code denied: the local policy does not set "salesforce: {codeText: allow}"',
  },
  {
    option: 'profile',
    granted: ({ profile }) => profile,
    notice: 'column profiles denied: the local policy does not set "salesforce: {profile: allow}"',
  },
  {
    option: 'includeOwners',
    granted: ({ owners }) => owners,
    notice: 'business owners denied: the local policy does not set "salesforce: {owners: allow}"',
  },
];

/**
 * The job without the options that the local policy does not allow; each removed option is logged.
 * Everything after this sees only the returned job, so no other part of a job can restore a removed
 * option.
 */
export function permittedJob(context: ConnectorContext): ConnectorContext {
  const { workflow, limits, logger } = context;
  const { source } = workflow;
  const { config } = source.sourceConfig;
  const denied = PERMISSIONS.filter(
    ({ option, granted }) => isRequested(config[option]) && !granted(limits),
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

function isRequested(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}
