import { NETWORK_CHANNELS } from '../../../foundation/src/network/channel-kind.ts';
import type { Check } from '../check.ts';
import { errorOf, type Facts } from '../facts.ts';
import { failed, pass, skip, warn, type Finding } from '../finding.ts';

/** To display. */
const KINDS = { ws: 'WebSocket', grpc: 'gRPC' } as const;
type Kind = keyof typeof KINDS;

/**
 * Opens each kind of channel to the control plane up to its challenge. That is no session, so a
 * runner that is connected stays so.
 */
export const channels: Check = {
  name: 'channels',
  title: 'channels to the control plane',
  needs: ['configuration'],
  run: async (facts) => {
    const blocked = await blockedOf(facts);
    if (blocked !== undefined) return [skip('channels', blocked)];
    const { channel } = (await facts.config()).controlPlane;
    const kinds = NETWORK_CHANNELS.filter((kind) => channel === 'auto' || channel === kind);
    const errors = await Promise.all(kinds.map((kind) => errorOf(facts.challenge(kind))));
    const isOneOpen = errors.includes(undefined);
    const tried = kinds.map((kind, index) => findingFor(kind, errors[index], isOneOpen));
    const others = NETWORK_CHANNELS.filter((kind) => !kinds.includes(kind)).map((kind) =>
      skip(KINDS[kind], `controlPlane.channel is ${channel}`),
    );
    return [...tried, ...others];
  },
};

function findingFor(
  kind: Kind,
  error: Awaited<ReturnType<typeof errorOf>>,
  isOneOpen: boolean,
): Finding {
  if (error === undefined) return pass(KINDS[kind], 'opens, and the control plane answers');
  const failure = failed(KINDS[kind], error);
  if (!isOneOpen) return failure;
  const other = kind === 'ws' ? 'gRPC' : 'WebSocket';
  const { detail, code } = failure;
  return {
    ...warn(
      KINDS[kind],
      `blocked; only ${other} works: ${detail}`,
      `Let proxies and firewalls pass ${KINDS[kind]}, or set controlPlane.channel to ${kind === 'ws' ? 'grpc' : 'ws'}.`,
    ),
    code,
  };
}

/** Why no channel can open; the checks before have the details. */
export async function blockedOf(facts: Facts): Promise<string | undefined> {
  const target = await facts.controlPlaneTarget().catch(() => undefined);
  if (target === undefined) return 'not enrolled';
  const inspection = await facts.inspect(target);
  if (inspection.stage !== 'done') return 'the control plane is not reachable';
  return inspection.handshake.problem === undefined
    ? undefined
    : 'the certificate of the control plane is not trusted';
}
