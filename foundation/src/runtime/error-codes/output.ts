import { entry } from './entry.ts';

export const output = {
  SINK_FAILED: entry(
    'transient',
    'Failed to write the results.',
    'Check the path or the server named in the message.',
  ),
  SINK_BUSY: entry(
    'transient',
    'The OpenMetadata server is overloaded or restarting.',
    'No action is needed. Requests are retried with growing pauses. If it continues, check the server.',
  ),
  SINK_UNAUTHORIZED: entry(
    'user',
    'The OpenMetadata server rejected the bot token.',
    'Set openMetadataServerConfig.securityConfig.jwtToken to the token of an existing bot that has not expired.',
  ),
  SINK_FORBIDDEN: entry(
    'user',
    'The OpenMetadata bot lacks a permission.',
    'Give the bot the ingestion role, or a role with the permission named in the message.',
  ),
  SINK_REJECTED: entry(
    'permanent',
    'The OpenMetadata server rejected a request.',
    'Check the reason in the message. Report it if it concerns the format of an entity.',
  ),
  ENTITY_INVALID: entry(
    'defect',
    'An entity does not match the OpenMetadata schema.',
    'Report it, with the name of the object.',
  ),
} as const;
