import { request } from 'node:https';
import type { Target } from './fake-runner.ts';
import { ADMIN_TOKEN } from './stage.ts';

export interface ServerEvent {
  readonly event: string;
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads the event stream of a run to its end; calls `connected` at the first bytes. */
export function readEvents(
  { port, ca }: Target,
  runId: string,
  lastEventId?: string,
  connected: () => void = () => undefined,
): Promise<ServerEvent[]> {
  const headers = {
    authorization: `Bearer ${ADMIN_TOKEN}`,
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: 'localhost', port, ca, path: `/api/v1/runs/${runId}/events`, headers, agent: false },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          connected();
        });
        response.on('end', () =>
          resolve(
            text
              .split('\n\n')
              .filter((block) => block.includes('data:'))
              .map(parse),
          ),
        );
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

function parse(block: string): ServerEvent {
  const field = (name: string): string =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? '';
  return {
    event: field('event'),
    id: field('id'),
    data: JSON.parse(field('data')) as Record<string, unknown>,
  };
}
