import type { Connect } from '../../../../foundation/src/network/connect.ts';
import type { Deps } from '../../deps.ts';
import type { Registry } from '../../link/registry.ts';
import type { BotTokens, OpenMetadataServers } from '../deployed-pipelines.ts';
import type { Sealer } from '../sealing.ts';

/** What runs of deployments need beside the parts that a control plane shares. */
export interface RelayDeps extends Deps {
  readonly registry: Registry;
  readonly servers: OpenMetadataServers;
  readonly tokens: BotTokens;
  readonly sealer: Sealer;
  readonly connect: Connect;
}

/** A change of relays: the topic that wakes the loop. */
export const RELAYS = 'relays';
