import type { BotTokens, Deployment } from '../deployed-pipelines.ts';
import type { Sealer } from '../sealing.ts';

type Owner = Pick<Deployment, 'endpoint' | 'id'>;

export function sealToken(sealer: Sealer, owner: Owner, token: string): Buffer {
  return sealer.seal(token, contextOf(owner));
}

export function openToken(sealer: Sealer, owner: Owner, sealed: Buffer): string {
  return sealer.open(sealed, contextOf(owner));
}

export function botTokens(sealer: Sealer): BotTokens {
  return { of: (deployment) => openToken(sealer, deployment, deployment.sealedToken) };
}

/** A token opens only for the deployment that brought it. */
function contextOf({ endpoint, id }: Owner): string {
  return `bot token ${endpoint} ${id}`;
}
