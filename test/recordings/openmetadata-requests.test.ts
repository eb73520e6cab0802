import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startSandbox } from '../../sandbox-org/src/sandbox.ts';
import { kindOf, Normalizer, type Exchange } from '../openmetadata/recording/exchange.ts';
import { RecordingProxy } from '../openmetadata/recording/recording-proxy.ts';
import { createAuthority } from '../support/certificates.ts';
import { LocalRunner } from '../support/local-runner.ts';
import { startOpenMetadataServer } from '../support/openmetadata-server/server.ts';

const directory = join(import.meta.dirname, 'openmetadata');
const TOKEN = 'secret:/openmetadata/bot';

/** What was asked of a real server, without what differs from one request to the next. */
function recordedKinds(): ReadonlySet<string> {
  const exchanges = readdirSync(directory).flatMap(
    (file) => JSON.parse(readFileSync(join(directory, file), 'utf8')) as Exchange[],
  );
  const taken = exchanges.filter(({ by, status }) => by === 'bot' && status < 500);
  return new Set(taken.map((exchange) => kindOf(exchange).split(' ').slice(0, 2).join(' ')));
}

/** The requests of a first and a second run into a double. */
async function ownRequests(): Promise<readonly Exchange[]> {
  const sandbox = await startSandbox({ objects: 4 });
  const authority = await createAuthority();
  const double = await startOpenMetadataServer(authority, { host: '127.0.0.1' });
  double.tokens.add('bot-token');
  const exchanges: Exchange[] = [];
  const proxy = await RecordingProxy.open({
    target: double.hostPort.replace('/api', ''),
    targetCa: authority.caPem,
    base: /^\/api\/v1(?=\/)/,
    by: 'bot',
    record: (exchange) => exchanges.push(exchange),
  });
  const { port } = new URL(proxy.origin);
  const host = `localhost:${port}`;
  const runner = await LocalRunner.install(sandbox, {
    connectTo: [`${host}=127.0.0.1:${port}`],
    caPem: proxy.caPem,
    rules: [
      { ref: '/openmetadata/bot', connector: 'openmetadata', fields: ['jwtToken'], hosts: [host] },
    ],
  });
  await runner.store({ [TOKEN]: 'bot-token' });
  const workflow = runner.workflow({
    sink: { type: 'metadata-rest', config: {} },
    workflowConfig: {
      openMetadataServerConfig: {
        hostPort: `https://${host}/api`,
        authProvider: 'openmetadata',
        securityConfig: { jwtToken: TOKEN },
      },
    },
  });
  for (let run = 0; run < 2; run++)
    expect(await runner.ingestToSink(workflow)).toMatchObject({ code: 0 });
  runner.close();
  await proxy.close();
  await double.close();
  await sandbox.close();
  const normalizer = new Normalizer();
  return exchanges.map((exchange) => normalizer.exchange(exchange));
}

it('asks a server only what a real one was seen to answer', async () => {
  const recorded = recordedKinds();
  const kinds = (await ownRequests()).map((exchange) =>
    kindOf(exchange).split(' ').slice(0, 2).join(' '),
  );
  expect(kinds.length).toBeGreaterThan(20);
  expect([...new Set(kinds)].filter((kind) => !recorded.has(kind))).toEqual([]);
});
