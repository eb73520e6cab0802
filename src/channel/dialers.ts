import type { NetworkChannel } from '../../foundation/src/network/channel-kind.ts';
import type { Dialer } from './channel.ts';
import { ConnectionDialer, type DialerOptions } from './connection-dialer.ts';
import { GRPC } from './grpc.ts';
import { WEB_SOCKET } from './websocket.ts';

/**
 * A dialer for each permitted kind of channel, the preferred one first. Throws INPUT_INVALID for
 * the url.
 */
export function createDialers(
  channel: 'auto' | NetworkChannel,
  options: DialerOptions,
): readonly Dialer[] {
  const all = [WEB_SOCKET, GRPC].map((opening) => new ConnectionDialer(opening, options));
  return channel === 'auto' ? all : all.filter(({ kind }) => kind === channel);
}
